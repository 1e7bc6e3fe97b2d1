import { existsSync, statSync } from "node:fs";

/** The WAL beside a database file: writes that are not in that file yet. */
export const walOf = (path: string) => `${path}-wal`;

/** The files of a database, whether or not they exist. */
export const filesOf = (path: string): string[] => [path, walOf(path), `${path}-shm`];

/** True after a server that did not stop by itself, and while one runs. */
export const hasWal = (path: string): boolean => existsSync(walOf(path));
export const walBytes = (path: string): number => statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0;
