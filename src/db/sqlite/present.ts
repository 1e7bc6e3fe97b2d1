import { sql } from "drizzle-orm";

/**
 * Whether a person exists for others: no pending account does, until an administrator approves it, and none that is being
 * deleted. Every statement that finds or lists people for others has this in its WHERE, with `users` among its tables.
 */
export const presentSql = "users.pending_since IS NULL AND users.gone_at IS NULL";
export const present = sql.raw(presentSql);
