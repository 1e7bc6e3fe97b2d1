import { Database } from "bun:sqlite";
import { refuseEmpty, refuseForeignWal } from "../durability/startup-checks";
import { marker } from "../durability/state-file";
import { sqliteCode } from "./error-codes";
import { isInUse } from "./lock";

/**
 * Opens a database to read from it, and waits for whoever has it to themselves. What a crash left half written has to be
 * undone before anybody can read, which takes somebody who may write. Throws DamageError, see startup-checks.ts.
 */
export function openToRead(path: string): Database {
	refuseEmpty(path);
	if (!isInUse(path)) refuseForeignWal(path);
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
		open({ create: false, readwrite: true }).close(); // which deletes the WAL
		if (!marker(path).isOpen()) marker(path).forgetSalt();
		return open({ readonly: true });
	}
}
