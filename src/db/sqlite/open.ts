import type { Stores } from "../stores";
import { commentStore } from "./comments";
import { cursors } from "./cursor";
import { feedStore } from "./feed";
import { openFile } from "./file";
import { followStore } from "./follows";
import { likeStore } from "./likes";
import { postStore } from "./posts";
import { sessionStore } from "./sessions";
import { shredder } from "./shred";
import { userStore } from "./users";

export type SqliteOptions = {
	/** A file, made when there is none, or `:memory:`. */
	path: string;
	durability: "full" | "normal";
	/** Seals cursors, so that callers can neither read nor make one. */
	secret: string;
	/**
	 * For a command that works beside a running server: takes the server's lock only when the database has to be made or
	 * brought up to date first.
	 */
	shared?: boolean;
};

/** @throws StartupError when the file is not a sound database of this program or an older version of it. */
export function openSqlite({ path, durability, secret, shared = false }: SqliteOptions): Stores {
	const { db, close } = openFile({ path, durability, shared });
	const seal = cursors(secret);
	const shred = shredder(db.$client);
	return {
		users: userStore(db, seal, shred),
		sessions: sessionStore(db),
		posts: postStore(db, seal, shred),
		comments: commentStore(db, seal, shred),
		likes: likeStore(db, seal),
		follows: followStore(db, seal),
		feed: feedStore(db, seal),
		async ping() {
			db.$client.query("SELECT count(*) FROM migrations").get();
		},
		async close() {
			shred.flush();
			close();
		},
	};
}
