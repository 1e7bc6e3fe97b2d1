import { sql } from "drizzle-orm";
import { trash } from "../../schema";

/**
 * `resting` entries can be restored. `returning`: a restore is in progress. `leaving`: the deletion is in progress.
 * `forgotten`: the entry itself is being deleted permanently.
 */
export const states = { resting: 0, returning: 1, leaving: 2, forgotten: 3 };

// Literals and not parameters: SQLite uses a partial index only for a literal condition.
const is = (state: number) => sql`${trash.restoring} = ${sql.raw(String(state))}`;
export const isReturning = is(states.returning);
export const isResting = is(states.resting);
export const isForgotten = is(states.forgotten);
