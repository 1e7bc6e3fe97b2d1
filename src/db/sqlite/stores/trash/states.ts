import { sql } from "drizzle-orm";
import { trash } from "../../schema";

/**
 * Values of the column `restoring`. `stored`: the entry can be restored. `restoring`: a restore is in progress. `deleting`:
 * the deletion is still moving rows into it. `purging`: the entry is being deleted permanently.
 */
export const states = { stored: 0, restoring: 1, deleting: 2, purging: 3 };

// Literals, because SQLite uses a partial index only for a literal condition.
const is = (state: number) => sql`${trash.restoring} = ${sql.raw(String(state))}`;
export const isRestoring = is(states.restoring);
export const isStored = is(states.stored);
export const isPurging = is(states.purging);
