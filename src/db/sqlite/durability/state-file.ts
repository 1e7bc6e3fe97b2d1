import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { giveToOwner, syncFile } from "../../../disk/free-space";
import { hasWal } from "../file/paths";

const header =
	"The database beside this file holds data. While this file exists, minifeed does not replace a missing database with an empty one.";

/** Size in bytes and modification time in nanoseconds. A change shows that another program wrote the database. */
type FileStat = { size: string; modified: string };
/** The second line of the file, as JSON. `log` is the salt of the WAL; null after a clean stop, which leaves no WAL. */
type State = Partial<FileStat & { checked: string; log: number | null }>;

/**
 * The file `.initialized` beside a database. It records that the database holds data, and the state after the last run. The
 * server skips the integrity check of a database that is unchanged since a clean stop. Older versions wrote no state.
 */
export function stateFile(path: string) {
	const file = `${path}.initialized`;
	let isSound = true;

	const fileStat = (): FileStat => {
		const { size, mtimeNs } = statSync(path, { bigint: true });
		return { size: String(size), modified: String(mtimeNs) };
	};
	const isOpen = () => hasWal(path);
	const write = (state: State | null) => {
		writeFileSync(file, `${header}\n${state === null ? "" : `${JSON.stringify(state)}\n`}`);
		giveToOwner(file);
	};
	const read = (): State => {
		try {
			return JSON.parse(readFileSync(file, "utf8").split("\n")[1] ?? "");
		} catch {
			return {}; // the file is missing or truncated, or has no state
		}
	};
	const isUnchanged = ({ size, modified }: State): boolean => {
		if (!existsSync(path)) return false;
		const now = fileStat();
		return size === now.size && modified === now.modified;
	};
	/** Removes the state and fsyncs the file. */
	const clearState = () => {
		write(null);
		syncFile(file);
	};

	return {
		file,
		exists: () => existsSync(file),
		create: () => write(null),

		/** Time of the last integrity check; null when the database may have changed since its last clean stop. */
		checkedAt(): Date | null {
			const left = read();
			return !isOpen() && left.checked !== undefined && isUnchanged(left) ? new Date(left.checked) : null;
		},
		/** True when the database is open, or a crash left its WAL. */
		isOpen,

		/** Records the salt of the WAL that a server writes. */
		recordSalt: (salt: number) => write({ log: salt }),
		/** The salt of the last server, if it crashed; null when unknown. */
		recordedSalt: (): number | null => read().log ?? null,
		/** True when the last run stopped cleanly, without a WAL. */
		isClean: (): boolean => read().log === null,
		/** Call it before the first write after a clean stop. After a later crash the next start accepts the WAL. */
		clearClean(): void {
			if (read().log === null) clearState();
		},
		/** Call it before and after another connection may restart the WAL with a new salt. */
		forgetSalt(): void {
			if (typeof read().log === "number") clearState();
		},
		/** Makes the next start run the integrity check, because a read met corruption. */
		markCorrupt(): void {
			isSound = false;
		},
		/** Call it before closing the database: afterwards a missing WAL is no error. */
		expectNoWal(): void {
			if (existsSync(file)) write(null);
		},
		/**
		 * Call it after closing the database. The next start still checks when the WAL remains, after corruption, and when this
		 * file cannot be written.
		 */
		markClean(checkedAt: Date) {
			if (isOpen() || !isSound) return;
			try {
				write({ ...fileStat(), checked: checkedAt.toISOString(), log: null });
			} catch {}
		},
	};
}
