import { sql } from "drizzle-orm";
import { trash } from "../../schema";

/**
 * `resting` entries can be restored. `returning`: a restore is in progress. `leaving`: the deletion is in progress.
 * `forgotten`: the entry itself is being deleted permanently.
 */
export const states = { stored: 0, restoring: 1, deleting: 2, purging: 3 };

// Literals and not parameters: SQLite uses a partial index only for a literal condition.
const is = (state: number) => sql`${trash.restoring} = ${sql.raw(String(state))}`;
export const isRestoring = is(states.restoring);
export const isStored = is(states.stored);
export const isPurging = is(states.purging);
