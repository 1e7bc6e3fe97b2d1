import { existsSync, statSync } from "node:fs";
import { CorruptionError } from "../../../core/errors";
import { walOf } from "../file/paths";
import { stateFile } from "./state-file";
import { scanWal } from "./wal-file";

/** Upper bound of the WAL restarts in one run of a server. Each takes 16 MB of writes, or a deletion. */
const maxResets = 2 ** 20;

/**
 * Refuses a missing or empty database that held data, so that it does not silently become a new instance. SQLite would also
 * delete its WAL, which may hold all the data. Throws CorruptionError.
 */
export function assertNotEmptied(path: string) {
	const holds = (file: string) => existsSync(file) && statSync(file).size > 0;
	if (holds(path)) return;
	const [state, wal] = [stateFile(path), walOf(path)];
	const left = [...(state.exists() ? [state.file] : []), ...(holds(wal) ? [wal] : [])];
	if (left.length === 0) return;
	const what = existsSync(path) ? "empty" : "missing";
	throw new CorruptionError(
		`The database ${path} is ${what}, but it held data before. Nothing was changed. ` +
			`Put the database back. To create a new instance, move away ${left.join(" and ")}.`,
	);
}

/**
 * Refuses a WAL of another database or of an earlier copy, because SQLite would apply it to this one. Call it only while no
 * process has the database open. Throws CorruptionError.
 */
export function checkLeftoverWal(path: string) {
	const wal = walOf(path);
	const found = existsSync(path) ? scanWal(wal) : null;
	if (found === null || found.salt === null || found.frames === 0) return; // SQLite ignores such a file
	const state = stateFile(path);
	if (state.isClean())
		throw new CorruptionError(
			`The last run left no WAL, so ${wal} is of an earlier copy, or another program wrote it. ` +
				`Nothing was changed. To continue without it, move away ${wal}.`,
		);
	const expected = state.recordedSalt();
	if (expected !== null && (found.salt - expected) >>> 0 > maxResets)
		throw new CorruptionError(
			`The WAL ${wal} is of another database. Nothing was changed. Put the right WAL back. ` +
				`To continue without it, move away ${wal} and ${state.file}.`,
		);
}

/**
 * A warning when SQLite cannot read the whole WAL of a crashed server, otherwise null. A disk that ignores fsync leaves such
 * a WAL after a power cut, so the server starts with the readable part. `readable` comes from `readableFrames`.
 */
export function describeUnreadWal(path: string, readable: number): string | null {
	const wal = walOf(path);
	const found = scanWal(wal);
	const advice = "Compare with your last backup.";
	if (found === null)
		return stateFile(path).recordedSalt() === null
			? null
			: `The WAL ${wal} of the last run is missing. Unless another program opened the database since, its last writes are lost. ${advice}`;
	if (found.salt === null) return `The WAL ${wal} cannot be read. The last writes before the crash are lost. ${advice}`;
	const unread = found.frames - readable;
	if (unread <= 0) return null;
	return (
		`The last ${unread} of ${found.frames} pages in the WAL ${wal} cannot be read, or were never committed. ` +
		`The last writes before the crash may be lost. ${advice}`
	);
}
