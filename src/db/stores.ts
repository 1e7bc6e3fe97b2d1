import type { AuditStore } from "../accounts/audit/store";
import type { AccessTokenStore, SessionStore } from "../accounts/auth/store";
import type { LinkStore } from "../accounts/invites/store";
import type { UserStore } from "../accounts/users/store";
import type { Clock } from "../core/clock";
import type { ImageStore } from "../media/store";
import type { CommentStore } from "../social/comments/store";
import type { FeedStore } from "../social/feed/store";
import type { FollowStore } from "../social/follows/store";
import type { LikeStore } from "../social/likes/store";
import type { PostStore } from "../social/posts/store";
import type { TagStore } from "../social/tags/store";
import type { TakeoutStore } from "../takeout/store";
import type { TrashStore } from "../trash/store";
import type { TransferStore } from "./transfer";

/**
 * Everything the program needs from a database. Each engine folder implements it. A write resolves when it is as durable as
 * DURABILITY says, so the server may then acknowledge it. Readers may see it some milliseconds earlier. Records of the last
 * use of a session or token are not durable.
 */
export type Stores = {
	users: UserStore;
	sessions: SessionStore;
	accessTokens: AccessTokenStore;
	links: LinkStore;
	audit: AuditStore;
	posts: PostStore;
	comments: CommentStore;
	likes: LikeStore;
	follows: FollowStore;
	feed: FeedStore;
	tags: TagStore;
	images: ImageStore;
	takeouts: TakeoutStore;
	trash: TrashStore;
	transfer: TransferStore;
	/** The clock of this process, compared with the times in the database. While it is behind, writes throw `busy`. */
	clock: Clock;
	/**
	 * Commits all writes of `work` together, or none when `work` throws. Much faster than single transactions. Any other write
	 * to these stores meanwhile joins the transaction and its rollback, so requests must never use it. Throws when nested.
	 */
	inOneTransaction<T>(work: () => Promise<T>): Promise<T>;
	/** Resolves when a real query succeeds; rejects when the database cannot be read. */
	ping(): Promise<void>;
	/**
	 * Describes an error that shows a corrupt database, for the operator; null for other errors. The next start then runs the
	 * integrity check.
	 */
	describeCorruption(error: unknown): string | null;
	/** Sizes of the database file and its WAL, in bytes. */
	size(): Promise<{ database: number; log: number }>;
	/** Checkpoints and closes the database. Call no other method afterwards. */
	close(): Promise<void>;
};
