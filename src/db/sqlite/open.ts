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
	/** A file, made when there is none, or `:memory:`. */
	path: string;
	durability: "full" | "normal";
	/** Seals cursors, so that callers can neither read nor make one. */
	secret: string;
	/** Seals what is deleted and may come back; asked for when something is. By default `secret`. */
	trashSecret?: () => string;
	/**
	 * For a command that works beside a running server: takes the server's lock only when the database has to be made or
	 * brought up to date first.
	 */
	shared?: boolean;
	/** Whether to make a database where there is none; by default yes. */
	create?: boolean;
	/** Whether nothing may be written for now. Then what writes throws `busy`, and notes are left out. */
	isReadOnly?: () => boolean;
	/** Told when the disk failed under a server. Nothing that is written from then on is acknowledged: end the process. */
	onDiskFailure?: (error: OperatorError) => void;
	/** Told what goes on while the database is brought up to date. */
	notify?: Notify;
	/** Told what SQLite cannot read of the WAL that a crash left. */
	warn?: Notify;
	/** The clocks; those of the machine by default. Others are for tests. */
	time?: Time;
};

/** @throws OperatorError when the file is not a sound database of this program or an older version of it. */
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
			return `The database ${path} is damaged (${sqliteCode(error)}). \`minifeed doctor\` says how that is mended.`;
		},
		async size() {
			return { database: sizeOf(path), log: walBytes(path) };
		},
		async close() {
			await trash.end();
			try {
				await scrubber.flush();
			} finally {
				await wal.close().finally(close); // also after a disk that failed
			}
		},
	};
}

/** 0 for what is not there, as with a database in memory. */
const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
