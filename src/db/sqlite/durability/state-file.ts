import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { giveToOwner, syncFile } from "../../../disk/free-space";
import { hasWal } from "../file/paths";

const header =
	"The database beside this file holds data. Should it vanish, the program will not start with an empty one.";

/** What a database file looks like from outside. */
type FileStat = { size: string; modified: string };
/** The second line of the file. `log` is the salt of the WAL; null after a clean stop, which leaves no WAL. */
type State = Partial<FileStat & { checked: string; log: number | null }>;

/**
 * The file beside a database that says that there is one, and how the last run left it. A database that has not changed
 * since a clean stop need not be checked again. Files of older versions are read, too.
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
			return {}; // it is missing, cut short, or without a state
		}
	};
	const isUnchanged = ({ size, modified }: State): boolean => {
		if (!existsSync(path)) return false;
		const now = fileStat();
		return size === now.size && modified === now.modified;
	};
	/** Makes the state unknown, and that durable. */
	const clearState = () => {
		write(null);
		syncFile(file);
	};

	return {
		file,
		exists: () => existsSync(file),
		create: () => write(null),

		/** When the database was last checked; null when it may have changed since its last clean stop. */
		checkedAt(): Date | null {
			const left = read();
			return !isOpen() && left.checked !== undefined && isUnchanged(left) ? new Date(left.checked) : null;
		},
		/** True when the database is open, or was left so. */
		isOpen,

		/** A server writes to a WAL of this salt. */
		recordSalt: (salt: number) => write({ log: salt }),
		/** The salt that `open` was told, after a server that crashed; null when it is unknown. */
		recordedSalt: (): number | null => read().log ?? null,
		/** True when the last run stopped cleanly, without a WAL. */
		isClean: (): boolean => read().log === null,
		/** Call it before the first write after a clean stop: a crash from here on leaves a WAL that counts. */
		clearClean(): void {
			if (read().log === null) clearState();
		},
		/** Call it before and after another connection may begin the WAL with a salt of its own. */
		forgetSalt(): void {
			if (typeof read().log === "number") clearState();
		},
		/** Damage was met: the next start checks, whatever the last check found. */
		markCorrupt(): void {
			isSound = false;
		},
		/** Call it before closing: from here on no WAL needs to be there. */
		expectNoWal(): void {
			if (existsSync(file)) write(null);
		},
		/**
		 * Call it when the database is closed. Where its WAL had to stay, where damage was met, and where this file cannot be
		 * written, the next start checks again.
		 */
		markClean(checkedAt: Date) {
			if (isOpen() || !isSound) return;
			try {
				write({ ...fileStat(), checked: checkedAt.toISOString(), log: null });
			} catch {}
		},
	};
}
