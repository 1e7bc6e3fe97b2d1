import { loadConfig } from "../config";
import { importInstance, type Watch } from "../move/import";
import { people, summary } from "./export";
import { print, printJson, progressBar, size, type Terminal } from "./terminal";

type Options = { dryRun?: boolean; json?: boolean };

/** Makes an instance of an exported one; or says whether that would do. */
export async function importAll(terminal: Terminal, directory: string, { dryRun = false, json }: Options) {
	let what: Parameters<Watch>[0] = "reading";
	const bar = progressBar(terminal, (done, total) =>
		what === "reading" ? `reading, ${size(done)} of ${size(total)}` : `${done} of ${total} pictures`,
	);
	const watch: Watch = (now, done, total) => {
		if (now !== what) bar.end();
		what = now;
		bar.show(done, total);
	};
	const config = loadConfig(terminal.env);
	const { manifest, previous, isInUse } = await importInstance(config, directory, { dryRun, watch }).finally(bar.end);
	if (json) return printJson(terminal, { dry_run: dryRun, ...summary(manifest), previous, server_runs: isInUse });
	print(terminal, `The export is whole. It was made at ${manifest.created_at} by minifeed ${manifest.version}.`);
	print(terminal, `It has ${people(manifest)}.`);
	if (previous)
		print(terminal, `What was there is in ${previous}. Once all is well: minifeed restore --discard-previous`);
	if (!dryRun)
		return print(terminal, "Imported. Start the server; everybody signs in anew, with the password they had.");
	print(
		terminal,
		isInUse ? "A server runs, and has to be stopped first. Nothing was changed." : "Nothing was changed.",
	);
}
