/** SQLite's extended error code, such as `SQLITE_BUSY_SNAPSHOT`; empty for errors without a code. */
export const sqliteCode = (error: unknown): string =>
	error instanceof Error && "code" in error ? String(error.code) : "";

/** True when SQLite reports a corrupt file. */
export const isCorruption = (error: unknown): boolean => /^SQLITE_(NOTADB|CORRUPT)/.test(sqliteCode(error));
