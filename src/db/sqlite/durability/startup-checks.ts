import { existsSync, statSync } from "node:fs";
import { DamageError } from "../../../core/errors";
import { walOf } from "../file/paths";
import { stateFile } from "./state-file";
import { scanWal } from "./wal-file";

/** Resets of a WAL while one server has it open, at most. Each takes 16 MB of writes, or a deletion. */
const maxResets = 2 ** 20;

/**
 * A vanished or emptied database must not silently become a new instance. SQLite would also delete the WAL beside it, which
 * may hold all the data. Throws DamageError.
 */
export function assertNotEmptied(path: string) {
	const holds = (file: string) => existsSync(file) && statSync(file).size > 0;
	if (holds(path)) return;
	const [state, wal] = [stateFile(path), walOf(path)];
	const left = [...(state.exists() ? [state.file] : []), ...(holds(wal) ? [wal] : [])];
	if (left.length === 0) return;
	const what = existsSync(path) ? "empty" : "missing";
	throw new DamageError(
		`The database ${path} is ${what}, but it held data before. Nothing was changed. ` +
			`To start anew, move away ${left.join(" and ")}.`,
	);
}

/**
 * Refuses a WAL that belongs to another database, or to an earlier copy of this one: SQLite would write it into the
 * database. Call it only while no process has the database open. Throws DamageError.
 */
export function checkLeftoverWal(path: string) {
	const wal = walOf(path);
	const found = existsSync(path) ? scanWal(wal) : null;
	if (found === null || found.salt === null || found.frames === 0) return; // SQLite takes nothing from such a file
	const state = stateFile(path);
	if (state.isClean())
		throw new DamageError(
			`The WAL ${wal} is not of the last run, which left none. It is of an earlier copy, or another program wrote since. ` +
				`Nothing was changed. To go on without it, move away ${wal}.`,
		);
	const expected = state.recordedSalt();
	if (expected !== null && (found.salt - expected) >>> 0 > maxResets)
		throw new DamageError(
			`The WAL ${wal} is of another database. Nothing was changed. Put the right one back. ` +
				`To go on without it, move away ${wal} and ${state.file}.`,
		);
}

/**
 * Says what SQLite cannot read of the WAL that a crash left; null when it reads all. Disks that lie about fsync leave such a
 * WAL after a power cut, so the server starts with what is readable. `readable` is what `readableFrames` gives.
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
