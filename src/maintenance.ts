import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Characters of a message; more is no message. */
const longest = 500;

/**
 * The file in the data directory that keeps everybody from writing while it is there: a server that runs sees it within a
 * second, and one that starts finds it. What is in it is for those who are refused.
 */
export function maintenance(dataDir: string) {
	const file = join(dataDir, "maintenance");
	return {
		file,
		/** What is told to those who are refused, if anything in particular; null while everybody may write. */
		message(): string | null {
			try {
				return readFileSync(file, "utf8").trim().slice(0, longest);
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
				return ""; // it is there, and somebody else's
			}
		},
		begin: (message: string) => writeFileSync(file, `${message}\n`, { mode: 0o600 }),
		end: () => rmSync(file, { force: true }),
	};
}
