import { loadConfig } from "../config/config";
import { print, printJson, type Terminal } from "../core/terminal";
import { rollBackUpgrade } from "../instance/backup/restore";
import { countsText } from "./restore";

/** Goes back to the database as it was before the last upgrade, or says what that would do. */
export async function rollback(terminal: Terminal, { dryRun = false, json }: { dryRun?: boolean; json?: true }) {
	const { snapshot, counts, replaced, previous, isInUse } = await rollBackUpgrade(loadConfig(terminal.env), { dryRun });
	const { file, madeAt, schema, bytes } = snapshot;
	if (json)
		return printJson(terminal, {
			dry_run: dryRun,
			snapshot: file,
			made_at: madeAt,
			schema,
			bytes,
			counts,
			replaced,
			previous,
			server_runs: isInUse,
		});
	const done = dryRun ? "would be" : "is";
	print(terminal, `The database ${done} as it was at ${madeAt}, at ${schema}: ${countsText(counts)}.`);
	if (replaced)
		print(terminal, `It ${dryRun ? "has" : "had"} ${countsText(replaced)}: what was done since ${done} gone from it.`);
	if (previous)
		print(terminal, `What was there is in ${previous}. Once all is well: minifeed restore --discard-previous`);
	if (!dryRun)
		return print(terminal, "Start the version that you had before: this one would bring it up to date again.");
	print(
		terminal,
		isInUse ? "A server runs, and has to be stopped first. Nothing was changed." : "Nothing was changed.",
	);
}
