import { statSync } from "node:fs";
import { loadConfig } from "../config/config";
import { print, printError, printJson, progressBar, type Terminal } from "../core/terminal";
import { size } from "../disk/free-space";
import { discardPrevious, restoreBackup, revert } from "../instance/backup/restore";

type Options = { dryRun?: true; wait?: true; revert?: true; discardPrevious?: true; json?: true };

/** Restores a backup, reverts an earlier restore, or deletes the data that restores replaced. */
export async function restore(terminal: Terminal, file: string | undefined, options: Options) {
	const { dryRun = false, json } = options;
	const config = loadConfig(terminal.env);
	if (options.discardPrevious) {
		const deleted = discardPrevious(config);
		if (json) return printJson(terminal, { deleted });
		return print(terminal, deleted.length === 0 ? "There is nothing to delete." : `Deleted: ${deleted.join(", ")}`);
	}
	if (!file) {
		const reverted = await revert(config);
		if (json) return printJson(terminal, reverted);
		return print(
			terminal,
			`Restored the data from ${reverted.restored}. The replaced data is in ${reverted.previous}.`,
		);
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
				printError(terminal, "The backup is ready. Stop the server: this command then replaces the data.");
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
	print(terminal, `The backup is complete. minifeed ${version} made it at ${created_at} (${schema.at(-1)}).`);
	print(terminal, `The backup has ${countsText(counts)} and ${files} picture files.`);
	print(
		terminal,
		`${dryRun ? "It would replace" : "It replaced"} ${replaced ? countsText(replaced) : "no readable data"}.`,
	);
	print(terminal, keyMessages[key]);
	if (previous)
		print(
			terminal,
			`The replaced data is in ${previous}. To delete it later, run minifeed restore --discard-previous.`,
		);
	if (!dryRun) return print(terminal, "Restored. Start the server.");
	print(
		terminal,
		isInUse ? "Nothing was changed. Stop the running server before the restore." : "Nothing was changed.",
	);
}

export const countsText = ({ users = 0, posts = 0, comments = 0 }: Record<string, number>) =>
	`${users} users, ${posts} posts, ${comments} comments`;

const keyMessages = {
	restored: "The backup has the secret key, so its sessions stay valid.",
	kept: "The backup has no secret key. Sessions signed with another key than the current one have ended.",
	configured: "The secret key is the one in SECRET_KEY.",
};
