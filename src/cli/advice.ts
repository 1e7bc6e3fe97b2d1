import { join } from "node:path";
import { backupsIn } from "../backup/folder";
import { loadConfig } from "../config";
import type { Terminal } from "./terminal";

/** How what is damaged is put right: the command that brings the newest backup back. */
export function wayBack(env: Terminal["env"]): string {
	const { directory } = loadConfig(env).backup;
	const newest = backupsIn(directory)[0];
	return newest
		? `The newest backup is of ${newest.createdAt.toISOString()}: minifeed restore ${join(directory, newest.name)}`
		: `There is no backup in ${directory}; if you have one elsewhere: minifeed restore FILE`;
}
