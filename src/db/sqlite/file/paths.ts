import { existsSync, statSync } from "node:fs";

/** The WAL beside a database file holds commits that are not in that file yet. */
export const walOf = (path: string) => `${path}-wal`;

/** The files of a database, whether or not they exist. */
export const filesOf = (path: string): string[] => [path, walOf(path), `${path}-shm`];

/** True while a server runs, and after a server that crashed or was killed. */
export const hasWal = (path: string): boolean => existsSync(walOf(path));
export const walBytes = (path: string): number => statSync(walOf(path), { throwIfNoEntry: false })?.size ?? 0;
