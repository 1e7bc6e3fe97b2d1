import { sql } from "drizzle-orm";

/**
 * True for accounts that other people may find: neither pending nor being deleted. Every statement that shows people to
 * others needs it in its WHERE, with `users` among its tables.
 */
export const presentSql = "users.pending_since IS NULL AND users.gone_at IS NULL";
export const present = sql.raw(presentSql);
