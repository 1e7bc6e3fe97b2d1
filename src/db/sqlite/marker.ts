import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";

const sentence =
	"The database beside this file holds data. Should it vanish, the program will not start with an empty one.";

/** What a database file looked like from outside when it was last closed, and when it was last checked for damage. */
type Left = { size: string; modified: string; checked: string };

/**
 * The file beside a database that says that there is one, and in which state the last stop left it: a database that
 * nothing touched since then need not be checked again.
 */
export function marker(path: string) {
	const file = `${path}.initialized`;
	const looks = (): Omit<Left, "checked"> => {
		const { size, mtimeNs } = statSync(path, { bigint: true });
		return { size: String(size), modified: String(mtimeNs) };
	};
	const isOpen = () => existsSync(`${path}-wal`);

	return {
		file,
		exists: () => existsSync(file),
		create: () => writeFileSync(file, `${sentence}\n`),

		/** Whether somebody has the database open, or left it like that. */
		isOpen,

		/** When the database was last checked, if it is as its last stop left it; null when anything may have happened to it. */
		checkedAt(): Date | null {
			if (isOpen()) return null;
			try {
				const left = JSON.parse(readFileSync(file, "utf8").split("\n")[1] ?? "") as Left;
				const { size, modified } = looks();
				return left.size === size && left.modified === modified ? new Date(left.checked) : null;
			} catch {
				return null; // one of the files is not there, or the mark is of an older version
			}
		},

		/** To be called when the database has been closed. Where it cannot be written, the next start checks once more. */
		leave(checkedAt: Date) {
			try {
				const left: Left = { ...looks(), checked: checkedAt.toISOString() };
				writeFileSync(file, `${sentence}\n${JSON.stringify(left)}\n`);
			} catch {}
		},
	};
}
export type Marker = ReturnType<typeof marker>;
