import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { giveToOwner } from "../disk/free-space";

/** Characters of a message; more is no message. */
const maxMessageLength = 500;

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
			// Needs no descriptor: a process that has none left is not in maintenance.
			if (!existsSync(file)) return null;
			try {
				return readFileSync(file, "utf8").trim().slice(0, maxMessageLength);
			} catch (error) {
				return (error as NodeJS.ErrnoException).code === "ENOENT" ? null : "";
			}
		},
		begin(message: string) {
			writeFileSync(file, `${message}\n`, { mode: 0o600 });
			giveToOwner(file);
		},
		end: () => rmSync(file, { force: true }),
	};
}
