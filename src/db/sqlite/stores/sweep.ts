import { inArray, type SQL } from "drizzle-orm";
import { atomic, type Db } from "../query/atomic";
import type { audit, links, sessions } from "../schema";

/** Rows that one transaction deletes: 2 ms, or 20 ms for sessions with all their refresh tokens. */
const batchSize = 100;

/** Deletes rows in batches. Other writers run between two batches. */
export async function inBatches(
	db: Db,
	table: typeof audit | typeof links | typeof sessions,
	where: SQL | undefined,
): Promise<void> {
	for (let deleted = batchSize; deleted === batchSize; )
		deleted = await atomic(db, (tx) => {
			const old = tx.select({ key: table.key }).from(table).where(where).limit(batchSize).all();
			const keys = old.map(({ key }) => key);
			tx.delete(table).where(inArray(table.key, keys)).run();
			return keys.length;
		});
}
