/** SQLite's name for what went wrong, such as `SQLITE_BUSY` or `SQLITE_BUSY_SNAPSHOT`; empty for errors of another kind. */
export const sqliteCode = (error: unknown): string =>
	error instanceof Error && "code" in error ? String(error.code) : "";

/** Whether SQLite says that a file is not as it wrote it. */
export const isCorruption = (error: unknown): boolean => /^SQLITE_(NOTADB|CORRUPT)/.test(sqliteCode(error));
