import { statSync } from "node:fs";
import { loadConfig } from "../config/config";
import { print, printError, printJson, progressBar, type Terminal } from "../core/terminal";
import { size } from "../disk/free-space";
import { discardPrevious, restoreBackup, revert } from "../instance/backup/restore";

type Options = { dryRun?: true; wait?: true; revert?: true; discardPrevious?: true; json?: true };

/** Puts back what a backup has, or what an earlier restore took away; or says what would happen. */
export async function restore(terminal: Terminal, file: string | undefined, options: Options) {
	const { dryRun = false, json } = options;
	const config = loadConfig(terminal.env);
	if (options.discardPrevious) {
		const deleted = discardPrevious(config);
		if (json) return printJson(terminal, { deleted });
		return print(terminal, deleted.length === 0 ? "There was nothing to delete." : `Deleted: ${deleted.join(", ")}`);
	}
	if (!file) {
		const reverted = await revert(config);
		if (json) return printJson(terminal, reverted);
		return print(terminal, `What was in ${reverted.restored} is back. What was there is in ${reverted.previous}.`);
	}
	const total = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
	let read = 0;
	const bar = progressBar(terminal, (done, all) => `reading, ${size(done)} of ${size(all)}`);
	const progress = (bytes: number) => {
		read += bytes;
		bar.show(read, total);
	};
	const { manifest, replaced, previous, key, isInUse } = await restoreBackup(config, file, {
		dryRun,
		progress,
		ready:
			options.wait &&
			(() => {
				bar.end();
				printError(terminal, "All is ready. Stop the server: the exchange is made as soon as it has stopped.");
			}),
	}).finally(bar.end);
	const { created_at, version, schema, counts, missing } = manifest;
	const files = manifest.members.filter(({ name }) => name.startsWith("uploads/")).length;
	if (json)
		return printJson(terminal, {
			dry_run: dryRun,
			created_at,
			version,
			schema: schema.at(-1),
			counts,
			files,
			missing: missing.length,
			replaced,
			previous,
			key,
			server_runs: isInUse,
		});
	print(terminal, `The backup is whole. It was made at ${created_at} by minifeed ${version} (${schema.at(-1)}).`);
	print(terminal, `It has ${countsText(counts)} and ${files} files of pictures.`);
	print(
		terminal,
		`${dryRun ? "It would replace" : "It replaced"} ${replaced ? countsText(replaced) : "nothing that can be read"}.`,
	);
	print(terminal, keyMessages[key]);
	if (previous)
		print(terminal, `What was there is in ${previous}. Once all is well: minifeed restore --discard-previous`);
	if (!dryRun) return print(terminal, "Restored. Start the server.");
	print(
		terminal,
		isInUse ? "A server runs, and has to be stopped first. Nothing was changed." : "Nothing was changed.",
	);
}

export const countsText = ({ users = 0, posts = 0, comments = 0 }: Record<string, number>) =>
	`${users} people, ${posts} posts, ${comments} comments`;

const keyMessages = {
	restored: "The key that signs tokens is in it, too: whoever was signed in stays so.",
	kept: "No key is in it: whoever signed in with another one than there is has to sign in again.",
	configured: "The key that signs tokens is that of SECRET_KEY.",
};
