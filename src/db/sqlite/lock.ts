import { Database } from "bun:sqlite";
import { OperatorError } from "../../errors";
import { sqliteCode } from "./code";

/**
 * Keeps a database to one server: two that write to one file starve each other, and each would sweep what the other just
 * made. The lock is an open transaction on a file beside the database, so the system lifts it however the program ends.
 * @returns what lifts it.
 * @throws OperatorError when another server holds it.
 */
export function lock(path: string): () => void {
	const file = new Database(`${path}.lock`, { create: true, readwrite: true });
	try {
		file.run("BEGIN EXCLUSIVE");
	} catch (error) {
		file.close();
		if (!sqliteCode(error).startsWith("SQLITE_BUSY")) throw error;
		throw new OperatorError(`The database ${path} is in use by another copy of minifeed. Stop that one first.`);
	}
	return () => file.close();
}
