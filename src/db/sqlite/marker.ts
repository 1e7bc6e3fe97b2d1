import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { realPath, syncFile } from "../../disk";
import type { Extent } from "./log";

const sentence =
	"The database beside this file holds data. Should it vanish, the program will not start with an empty one.";

/** What a database file looks like from outside. */
type Looks = { size: string; modified: string };
/** When it was last closed, which leaves no log, and when it was last checked for damage. */
type Left = Looks & { checked: string; log: null };
/** While a server has it open: which log is beside it, and what that began with, see log.ts. */
type Open = { log: number; generation: number };

/** The extent of a log as it stands in the file: always as long, so that it can be written over. */
const printed = ({ log, bytes }: Extent) => `${log.toString(16).padStart(8, "0")}:${String(bytes).padStart(16, "0")}`;

/**
 * The file beside a database that says that there is one, and in which state the last stop left it: a database that
 * nothing touched since then need not be checked again.
 */
export function marker(link: string) {
	const path = realPath(link); // one file under two names is one database
	const file = `${path}.initialized`;
	const looks = (): Looks => {
		const { size, mtimeNs } = statSync(path, { bigint: true });
		return { size: String(size), modified: String(mtimeNs) };
	};
	const isOpen = () => existsSync(`${path}-wal`);
	/** What `advance` said last. */
	let reached: Extent | null = null;
	/** Where that stands in the file, while a server has the database open. */
	let place: { descriptor: number; at: number } | null = null;
	let isTrusted = true;
	const leavePlace = () => {
		if (place) closeSync(place.descriptor);
		place = null;
	};
	const write = (what: Left | (Open & { synced: string }) | null) => {
		const text = `${sentence}\n${what === null ? "" : `${JSON.stringify(what)}\n`}`;
		writeFileSync(file, text);
		return text;
	};
	const read = (): Partial<Looks & { checked: string; log: number | null; generation: number; synced: string }> => {
		try {
			return JSON.parse(readFileSync(file, "utf8").split("\n")[1] ?? "");
		} catch {
			return {}; // it is not there, or was cut short, or is of an older version
		}
	};

	const synced = (): Extent | null => {
		const [, log, bytes] = /^([0-9a-f]{8}):(\d{16})$/.exec(read().synced ?? "") ?? [];
		return log && bytes ? { log: Number.parseInt(log, 16), bytes: Number(bytes) } : null;
	};

	const isAs = ({ size, modified }: Partial<Looks>): boolean => {
		if (!existsSync(path)) return false;
		const now = looks();
		return size === now.size && modified === now.modified;
	};

	return {
		file,
		exists: () => existsSync(file),
		create: () => write(null),

		/** Whether somebody has the database open, or left it like that. */
		isOpen,

		/** When the database was last checked, if it is as its last stop left it; null when anything may have happened to it. */
		checkedAt(): Date | null {
			const left = read();
			return !isOpen() && left.checked !== undefined && isAs(left) ? new Date(left.checked) : null;
		},

		/** A server has it open. It may go on with the log of one that crashed, of which what that one said is still true. */
		open(how: Open) {
			const said = printed(reached ?? synced() ?? { log: 0, bytes: 0 });
			const text = write({ ...how, synced: said });
			leavePlace();
			place = { descriptor: openSync(file, "r+"), at: text.indexOf(said) };
		},
		/**
		 * So much of the log is on the disk. That need not be there itself after a power cut, which is why it is not synced:
		 * then it says less than there was.
		 */
		advance(extent: Extent) {
			reached = extent;
			try {
				if (place) writeSync(place.descriptor, printed(extent), place.at);
			} catch {} // of a disk that fails, others tell
		},
		/** What a server said with `advance` that did not stop by itself; null where there was none that says it. */
		synced,
		/** How a server had it open that did not stop by itself; null where none did. */
		opened(): Open | null {
			const { log, generation } = read();
			return typeof log !== "number" || generation === undefined ? null : { log, generation };
		},
		/** Whether the last who had it open took its log away. */
		isClosed: (): boolean => read().log === null,
		/** Somebody is about to write: whatever ends that, the log that it leaves counts. So this is on the disk before the log. */
		touch(): void {
			if (read().log !== null) return;
			write(null);
			syncFile(file);
		},
		/** Damage was met, whatever the last check found. */
		distrust(): void {
			isTrusted = false;
		},
		/** From here on no log needs to be there. */
		closing(): void {
			leavePlace();
			if (existsSync(file)) write(null);
		},

		/**
		 * To be called when the database has been closed. Where its log had to stay, where damage was met, and where this cannot
		 * be written, the next start checks once more.
		 */
		leave(checkedAt: Date) {
			if (isOpen() || !isTrusted) return;
			try {
				write({ ...looks(), checked: checkedAt.toISOString(), log: null });
			} catch {}
		},
	};
}
export type Marker = ReturnType<typeof marker>;
