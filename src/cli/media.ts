import { loadConfig } from "../config/config";
import { print, printJson, printTable, type Terminal } from "../core/terminal";
import { openFileStore, openShared } from "../instance/open";
import { describeMissing, sweep } from "../media/sweep";

/** Deletes orphaned files and pictures without files, as the server does once a day. */
export async function sweepMedia(terminal: Terminal, { dryRun = false, json }: { dryRun?: boolean; json?: boolean }) {
	const config = loadConfig(terminal.env);
	const stores = openShared(config, { create: false });
	try {
		const files = await openFileStore(stores, config);
		const swept = await sweep({ images: stores.images, files }, { dryRun });
		if (json) return printJson(terminal, { ...swept, dry_run: dryRun });
		const { images, missing } = swept;
		print(terminal, `Orphaned files: ${swept.files}${dryRun ? "" : ", deleted"}`);
		print(
			terminal,
			`Pictures whose files are missing: ${images}${dryRun ? "" : ", removed from their posts and profiles"}`,
		);
		if (missing > 0) print(terminal, describeMissing(missing, config.uploadDir));
	} finally {
		await stores.close();
	}
}

export async function mediaUsage(terminal: Terminal, { json }: { json?: boolean }) {
	const config = loadConfig(terminal.env);
	const stores = openShared(config, { create: false });
	try {
		const usage = await stores.images.usage();
		if (json) return printJson(terminal, usage);
		printTable(
			terminal,
			["USERNAME", "PICTURES", "BYTES"],
			usage.map(({ username, images, bytes }) => [username, String(images), String(bytes)]),
		);
	} finally {
		await stores.close();
	}
}
