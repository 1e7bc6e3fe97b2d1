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
 * Everything the program needs from a database. Each engine folder provides one.
 * What writes resolves when it is as durable as DURABILITY says, so that whoever awaits it may acknowledge it; others may
 * read it some milliseconds before. Notes that something was used are no promise to anybody, and not waited for.
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
	 * Makes one transaction of many writes: all of them or, when `work` throws, none. It is much faster than one after the
	 * other, and for whoever has the connection to themselves: whatever else is written to these stores while `work` awaits
	 * gets into the same transaction, and is undone with it. So never for a request. Throws when called inside of itself.
	 */
	inOneTransaction<T>(work: () => Promise<T>): Promise<T>;
	/** Resolves when a real query succeeds; rejects when the database cannot be read. */
	ping(): Promise<void>;
	/**
	 * What an error says of the database itself, in the operator's words; null for any other. The next start checks all of a
	 * database that turned out to be damaged, and refuses it.
	 */
	describeCorruption(error: unknown): string | null;
	/** Bytes of the database and of what is not yet in it: its write-ahead log. */
	size(): Promise<{ database: number; log: number }>;
	/** Checkpoints and closes. Nothing may be called after it. */
	close(): Promise<void>;
};
