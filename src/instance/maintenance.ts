import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { giveToOwner } from "../disk/free-space";

/** In characters. A longer message is cut. */
const maxMessageLength = 500;

/**
 * The file `maintenance` in the data directory. While it exists, the server is read-only; a running one notices within a second.
 * Its text is the message for refused clients.
 */
export function maintenance(dataDir: string) {
	const file = join(dataDir, "maintenance");
	return {
		file,
		/** Returns the message, which may be empty; null without maintenance. */
		message(): string | null {
			// Needs no file descriptor: without any left, reading would fail and look like maintenance.
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
