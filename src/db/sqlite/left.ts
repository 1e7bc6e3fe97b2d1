import { existsSync } from "node:fs";
import { realPath } from "../../disk";
import { DamageError } from "../../errors";
import { generationIn, readLog } from "./log";
import { marker } from "./marker";

/** How often a log is begun anew while one server has it, at most: each time takes 16 MB of writes, or a deletion. */
const mostRestarts = 2 ** 20;

/**
 * Looks at the log that somebody left beside a database, before SQLite does: it cannot tell a log from that of another database,
 * nor damage in it from its end, and writes what it takes for the log into the database. Throws DamageError. Only while nobody
 * has the database open.
 */
export function checkLog(path: string) {
	const log = `${realPath(path)}-wal`;
	const mark = marker(path);
	const opened = mark.opened();
	if (!existsSync(path) || (opened === null && !existsSync(log))) return;
	// Any program that opens a database brings its log into it, and begins one of its own.
	const expected = opened && generationIn(path) !== opened.generation ? opened.log : null;
	const left = readLog(log);
	const refuse = (what: string) => new DamageError(`The log ${log} ${what}. Nothing was changed.`);
	if ((left.state === "missing" || left.state === "empty") && expected !== null)
		throw refuse(
			`is ${left.state}, which had what was last written. Put it back; to go on without that, delete ${mark.file}`,
		);
	if (left.state === "unreadable")
		throw refuse("is damaged from its beginning. To go on without what was in it, delete it");
	if (left.state !== "log") return;
	if (expected !== null && (left.salt - expected) >>> 0 > mostRestarts)
		throw refuse(`is of another database. Put the right one back; to go on without it, delete it and ${mark.file}`);
	const synced = mark.synced();
	const cut = `truncate -s ${left.end} ${log}`;
	if (synced?.log === left.salt && left.end < synced.bytes)
		throw refuse(
			`is damaged at byte ${left.end}, and what was acknowledged goes on to byte ${synced.bytes}. ` +
				`To go on without that: ${cut}, and delete ${mark.file}`,
		);
	// Of a server that said how far it came, what is behind that was not acknowledged: a power cut leaves any part of it.
	if (synced === null && left.behind > 0)
		throw refuse(
			`is damaged at byte ${left.end}: ${left.behind} writes behind that cannot be read. To go on without them: ${cut}`,
		);
}
