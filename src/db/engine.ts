import { existsSync, statSync } from "node:fs";
import { sqliteCode } from "./sqlite/file/error-codes";

/** Facts about the engine of a database that other rooms need. They know no engine by name, and none of its files. */

/** The DATABASE_PATH of a database that lives in the memory of its process. */
export const inMemory = ":memory:";
export const isInMemory = (path: string): boolean => path === inMemory;

/** The WAL beside a database file: writes that are not in that file yet. */
export const walOf = (path: string) => `${path}-wal`;

/** The files of a database, whether or not they exist. */
export const filesOf = (path: string): string[] => [path, walOf(path), `${path}-shm`];

/** True after a server that did not stop by itself, and while one runs. */
export const hasWal = (path: string): boolean => existsSync(walOf(path));
export const walBytes = (path: string): number => statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0;

/** True for an error that the engine itself has thrown. */
export const isEngineError = (error: unknown): boolean => sqliteCode(error).startsWith("SQLITE_");
