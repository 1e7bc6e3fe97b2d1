import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { StartupError } from "../../errors";
import type { Stores } from "../stores";
import { togetherOn } from "./atomic";
import { commentStore } from "./comments";
import { connect, type Db, disconnect } from "./connect";
import { cursors } from "./cursor";
import { feedStore } from "./feed";
import { followStore } from "./follows";
import { likeStore } from "./likes";
import { lock } from "./lock";
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
};

/** @throws StartupError when the file is not a sound database of this program or an older version of it. */
export function openSqlite({ path, durability, secret }: SqliteOptions): Stores {
	const marker = `${path}.initialized`;
	if (path !== ":memory:") prepare(path, marker);
	const unlock = path === ":memory:" ? () => {} : lock(path);
	const db = connected(path, durability, unlock);
	if (path !== ":memory:" && !existsSync(marker))
		writeFileSync(
			marker,
			"The database beside this file holds data. Should it vanish, the program will not start with an empty one.\n",
		);

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
		together: togetherOn(db.$client),
		async ping() {
			db.$client.query("SELECT count(*) FROM migrations").get();
		},
		async close() {
			shred.now();
			disconnect(db);
			unlock();
		},
	};
}

/** A start that fails must not keep the database from the next one. */
function connected(path: string, durability: SqliteOptions["durability"], unlock: () => void): Db {
	try {
		return connect(path, durability);
	} catch (error) {
		unlock();
		throw error;
	}
}

/** A vanished or emptied database must not silently become a new instance. */
function prepare(path: string, marker: string) {
	try {
		mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	} catch {
		throw new StartupError(`The directory ${dirname(path)} cannot be made. Check who owns the directory above it.`);
	}
	const size = existsSync(path) ? statSync(path).size : 0;
	if (size === 0 && existsSync(marker))
		throw new StartupError(
			`The database ${path} is ${existsSync(path) ? "empty" : "missing"}, but it held data before. ` +
				`Put it back from a backup, or delete ${marker} to start anew.`,
		);
}
