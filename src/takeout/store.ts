/** A list of an archive, as a file of its own. `about` describes it in the README of the archive. */
export type TakeoutList = { name: string; about: string };

/** A picture of the person. `name` is the name of its files. */
export type OwnPicture = {
	name: string;
	/** The post that shows it; null for the avatar. */
	postId: string | null;
	width: number;
	height: number;
	createdAt: Date;
};

/**
 * Pages, each read when it is asked for: memory holds one page, and nothing stays open in between. Rows that change
 * meanwhile may be missing; all others come once. No page is empty.
 */
export type Pages<T> = AsyncIterable<T[]>;

/** Everything of one person, also what is hidden from others, the oldest first. An unknown id has nothing. */
export type TakeoutStore = {
	lists(): readonly TakeoutList[];
	/** Rows of one of `lists`, or of `sessions`, as the archive has them. A post has an `image` without its file. */
	rows(list: string, userId: string): Pages<object>;
	/** Pictures of the posts and the avatar, in no meaningful order. */
	pictures(userId: string): Pages<OwnPicture>;
};
