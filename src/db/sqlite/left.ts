import { existsSync, statSync } from "node:fs";
import { quoted, realPath } from "../../disk";
import { DamageError } from "../../errors";
import { generationIn, headerSize, readLog } from "./log";
import { marker } from "./marker";

/** How often a log is begun anew while one server has it, at most: each time takes 16 MB of writes, or a deletion. */
const mostRestarts = 2 ** 20;

/**
 * A vanished or emptied database must not silently become a new instance: SQLite would also delete the log beside it, which may
 * have all that there was. Throws DamageError.
 */
export function refuseEmpty(path: string) {
	const holds = (file: string) => existsSync(file) && statSync(file).size > 0;
	if (holds(path)) return;
	const [mark, log] = [marker(path), logOf(path)];
	const left = [...(mark.exists() ? [mark.file] : []), ...(holds(log) ? [log] : [])];
	if (left.length === 0) return;
	const what = existsSync(path) ? "empty" : "missing";
	throw new DamageError(
		`The database ${path} is ${what}, but it held data before. Nothing was changed. ` +
			`To start anew, move away ${left.join(" and ")}.`,
	);
}

/** Of one file under two names there is one log. */
export const logOf = (path: string) => `${realPath(path)}-wal`;

/**
 * Looks at the log that somebody left beside a database, before SQLite does: it cannot tell a log from that of another database,
 * nor damage in it from its end, and writes what it takes for the log into the database. Throws DamageError. Only while nobody
 * has the database open.
 */
export function checkLog(path: string) {
	const log = logOf(path);
	const mark = marker(path);
	const opened = mark.opened();
	if (!existsSync(path) || (opened === null && !existsSync(log))) return;
	// Any program that opens a database brings its log into it, and begins one of its own.
	const expected = opened && generationIn(path) !== opened.generation ? opened.log : null;
	const left = readLog(log);
	const refuse = (what: string) => new DamageError(`The log ${log} ${what}. Nothing was changed.`);
	const without = (...files: string[]) => `To go on without what was in it, move away ${files.join(" and ")}`;
	if ((left.state === "missing" || left.state === "empty") && expected !== null)
		throw refuse(`is ${left.state}, which had what was last written. Put it back. ${without(mark.file)}`);
	if (mark.isClosed() && (left.state === "unreadable" || (left.state === "log" && left.end > headerSize)))
		throw refuse(
			`is not of the last stop, which left none: it is of an earlier copy, or another program wrote since. ${without(log)}`,
		);
	if (left.state === "unreadable")
		throw refuse(`is damaged from its beginning. ${without(log, ...(expected === null ? [] : [mark.file]))}`);
	if (left.state !== "log") return;
	if (expected !== null && (left.salt - expected) >>> 0 > mostRestarts)
		throw refuse(`is of another database. Put the right one back. ${without(log, mark.file)}`);
	const synced = mark.synced();
	const cut = `truncate -s ${left.end} ${quoted(log)}`;
	if (synced?.log === left.salt && left.end < synced.bytes)
		throw refuse(
			`is damaged at byte ${left.end}, and what was acknowledged goes on to byte ${synced.bytes}. ` +
				`To go on without that, move away ${mark.file}, and: ${cut}`,
		);
	// Of a server that said how far it came, what is behind that was not acknowledged: a power cut leaves any part of it.
	if (synced === null && left.behind > 0)
		throw refuse(
			`is damaged at byte ${left.end}: ${left.behind} writes behind that cannot be read. To go on without them: ${cut}`,
		);
}
