import { Database } from "bun:sqlite";
import { assertNotEmptied, checkLeftoverWal } from "../durability/startup-checks";
import { stateFile } from "../durability/state-file";
import { sqliteCode } from "./error-codes";
import { isInUse } from "./lock";

/**
 * Opens a database read-only. Waits up to 5 s while another connection has it locked. After a crash SQLite must recover the
 * database first, which takes a writable connection. Throws CorruptionError, see startup-checks.ts.
 */
export function openReadOnly(path: string): Database {
	assertNotEmptied(path);
	if (!isInUse(path)) checkLeftoverWal(path);
	const open = (how: { readonly: true } | { create: false; readwrite: true }) => {
		const client = new Database(path, { ...how, strict: true });
		try {
			client.run("PRAGMA busy_timeout = 5000");
			client.query("SELECT 1 FROM sqlite_schema LIMIT 1").get();
			return client;
		} catch (error) {
			client.close();
			throw error;
		}
	};
	try {
		return open({ readonly: true });
	} catch (error) {
		if (!sqliteCode(error).startsWith("SQLITE_READONLY")) throw error;
		open({ create: false, readwrite: true }).close(); // recovers, and deletes the WAL
		if (!stateFile(path).isOpen()) stateFile(path).forgetSalt();
		return open({ readonly: true });
	}
}
