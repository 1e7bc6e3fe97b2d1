import { statSync } from "node:fs";
import { machineTime, type Time, watchClock } from "../../core/clock";
import type { OperatorError } from "../../core/errors";
import { builtAt } from "../../core/version";
import { followLink } from "../../disk/free-space";
import type { Notify } from "../engine";
import type { Stores } from "../stores";
import { walScrubber } from "./durability/scrub";
import { isCorruption, sqliteCode } from "./file/error-codes";
import { openFile } from "./file/file";
import { walBytes } from "./file/paths";
import { type Db, writer } from "./query/atomic";
import { cursors } from "./query/cursor";
import { auditStore } from "./stores/audit";
import { clockRecords } from "./stores/clock";
import { commentStore } from "./stores/comments";
import { feedStore } from "./stores/feed";
import { followStore } from "./stores/follows";
import { imageStore } from "./stores/images";
import { likeStore } from "./stores/likes";
import { linkStore } from "./stores/links";
import { postStore } from "./stores/posts";
import { searchIndex } from "./stores/search-index";
import { sessionStore } from "./stores/sessions";
import { tagStore } from "./stores/tags";
import { takeoutStore } from "./stores/takeout";
import { accessTokenStore } from "./stores/tokens";
import { transferStore } from "./stores/transfer";
import { trashStore } from "./stores/trash";
import { entries as trashEntries } from "./stores/trash/entries";
import { removal as removalOf } from "./stores/trash/removal";
import { sealer as sealerOf } from "./stores/trash/seal";
import { userStore } from "./stores/users";

export type SqliteOptions = {
	/** A file path, or `:memory:`. */
	path: string;
	durability: "full" | "normal";
	/** Encrypts cursors, so that clients can neither read nor forge them. */
	secret: string;
	/** Encrypts the trash. Called when the trash is first used. By default `secret`. */
	trashSecret?: () => string;
	/**
	 * For a command that may run beside a server. Takes the server's lock only to create or migrate the database.
	 */
	shared?: boolean;
	/** Creates a missing database; true by default. */
	create?: boolean;
	/** True in read-only mode: writes throw `busy`, and best-effort writes are skipped. */
	isReadOnly?: () => boolean;
	/** Called when the disk failed under a server. Later writes are never acknowledged, so end the process. */
	onDiskFailure?: (error: OperatorError) => void;
	/** Receives the progress of migrations and reindexing. */
	notify?: Notify;
	/** Receives a warning when SQLite cannot read all of the WAL after a crash. */
	warn?: Notify;
	/** The machine's clocks by default; tests replace them. */
	time?: Time;
};

/** Throws OperatorError unless the file is a sound database of this version or an older one. */
export function openSqlite({
	secret,
	trashSecret = () => secret,
	shared = false,
	create = true,
	onDiskFailure = () => {},
	isReadOnly = () => false,
	time = machineTime,
	...file
}: SqliteOptions): Stores {
	const path = followLink(file.path);
	const { connection, wal, markCorrupt, close } = openFile({ ...file, path, shared, create, onDiskFailure });
	const clock = watchClock({ time, builtAt, records: clockRecords(connection.$client) });
	const db: Db = Object.assign(connection, { writer: writer(connection, wal, { isReadOnly, clock }) });
	const seal = cursors(secret);
	const scrubber = walScrubber(wal);
	const sealer = sealerOf(trashSecret);
	const entries = trashEntries(db, sealer);
	const index = searchIndex(db.$client);
	const removal = removalOf(db, { scrubber, index, entries, sealer });
	const trash = trashStore(db, seal, { removal, entries, sealer });
	return {
		users: userStore(db, seal, removal),
		sessions: sessionStore(db, clock),
		accessTokens: accessTokenStore(db),
		links: linkStore(db, seal),
		audit: auditStore(db, seal),
		posts: postStore(db, seal, { removal, index }),
		comments: commentStore(db, seal, removal),
		likes: likeStore(db, seal),
		follows: followStore(db, seal),
		feed: feedStore(db, seal),
		tags: tagStore(db, seal),
		images: imageStore(db, scrubber),
		takeouts: takeoutStore(db),
		trash,
		transfer: transferStore(db),
		clock,
		inOneTransaction: db.writer.inOneTransaction,
		async ping() {
			db.$client.query("SELECT count(*) FROM migrations").get();
		},
		describeCorruption(error) {
			if (!isCorruption(error)) return null;
			markCorrupt();
			return `The database ${path} is damaged (${sqliteCode(error)}). Run \`minifeed doctor\` to see how to repair it.`;
		},
		async size() {
			return { database: sizeOf(path), log: walBytes(path) };
		},
		async close() {
			await trash.end();
			try {
				await scrubber.flush();
			} finally {
				await wal.close().finally(close); // also when the disk failed
			}
		},
	};
}

/** 0 for a missing file, as with a database in memory. */
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
