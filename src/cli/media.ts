import { loadConfig } from "../config/config";
import { openBeside, openFilesOf } from "../instance/open";
import { sweep } from "../media/sweep";
import { print, printJson, printTable, type Terminal } from "./terminal";

/** Makes files and rows agree, as the server does at its start and once a day. */
export async function sweepMedia(terminal: Terminal, { dryRun = false, json }: { dryRun?: boolean; json?: boolean }) {
	const config = loadConfig(terminal.env);
	const stores = openBeside(config, { create: false });
	try {
		const files = await openFilesOf(stores, config);
		const swept = await sweep({ images: stores.images, files }, { dryRun });
		if (json) return printJson(terminal, { ...swept, dry_run: dryRun });
		const { images, missing } = swept;
		print(terminal, `Files that belong to nothing: ${swept.files}${dryRun ? "" : ", deleted"}`);
		print(terminal, `Pictures whose files are missing: ${images}${dryRun ? "" : ", taken out of what showed them"}`);
		if (missing > 0) print(terminal, tooMany(missing, config.uploadDir));
	} finally {
		await stores.close();
	}
}

/** What to say of pictures that a sweep did not dare to touch. */
export const tooMany = (missing: number, directory: string) =>
	`${missing} pictures have no files in ${directory}. These are too many to give up: is it the right folder, and all of it?`;

export async function mediaUsage(terminal: Terminal, { json }: { json?: boolean }) {
	const config = loadConfig(terminal.env);
	const stores = openBeside(config, { create: false });
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
