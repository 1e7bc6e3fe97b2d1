import { loadConfig } from "../config/config";
import { print, printJson, type Terminal } from "../core/terminal";
import { rollBackUpgrade } from "../instance/backup/restore";
import { countsText } from "./restore";

/** Restores the snapshot from before the last upgrade. With `dryRun` it only says what would happen. */
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
	const will = dryRun ? "would have" : "has";
	print(terminal, `The database ${will} the state of ${madeAt}, at ${schema}: ${countsText(counts)}.`);
	if (replaced)
		print(
			terminal,
			`The replaced database ${dryRun ? "has" : "had"} ${countsText(replaced)}. Later changes are not in the snapshot.`,
		);
	if (previous)
		print(
			terminal,
			`The replaced data is in ${previous}. To delete it later, run minifeed restore --discard-previous.`,
		);
	if (!dryRun) return print(terminal, "Start the older version. This version would apply the migrations again.");
	print(
		terminal,
		isInUse ? "Nothing was changed. Stop the running server before the rollback." : "Nothing was changed.",
	);
}
