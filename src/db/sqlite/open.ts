import { statSync } from "node:fs";
import type { Stores } from "../stores";
import { togetherOn } from "./atomic";
import { auditStore } from "./audit";
import { commentStore } from "./comments";
import { cursors } from "./cursor";
import { exportStore } from "./export";
import { feedStore } from "./feed";
import { type Notify, openFile } from "./file";
import { followStore } from "./follows";
import { imageStore } from "./images";
import { likeStore } from "./likes";
import { linkStore } from "./links";
import { postStore } from "./posts";
import { sessionStore } from "./sessions";
import { shredder } from "./shred";
import { accessTokenStore } from "./tokens";
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
	/** Whether to make a database where there is none; by default yes. */
	create?: boolean;
	/** Told what goes on while the database is brought up to date. */
	notify?: Notify;
};

/** @throws OperatorError when the file is not a sound database of this program or an older version of it. */
export function openSqlite({ path, durability, secret, shared = false, create = true, notify }: SqliteOptions): Stores {
	const { db, close } = openFile({ path, durability, shared, create, notify });
	const seal = cursors(secret);
	const shred = shredder(db.$client);
	return {
		users: userStore(db, seal, shred),
		sessions: sessionStore(db),
		accessTokens: accessTokenStore(db),
		links: linkStore(db, seal),
		audit: auditStore(db, seal),
		posts: postStore(db, seal, shred),
		comments: commentStore(db, seal, shred),
		likes: likeStore(db, seal),
		follows: followStore(db, seal),
		feed: feedStore(db, seal),
		images: imageStore(db, shred),
		exports: exportStore(db),
		together: togetherOn(db.$client),
		async ping() {
			db.$client.query("SELECT count(*) FROM migrations").get();
		},
		async size() {
			return { database: sizeOf(path), log: sizeOf(`${path}-wal`) };
		},
		async close() {
			shred.flush();
			close();
		},
	};
}

/** 0 for what is not there, as with a database in memory. */
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
