import { loadConfig } from "../config/config";
import { print, printJson, progressBar, type Terminal } from "../core/terminal";
import { size } from "../disk/free-space";
import { createBackup, type OnProgress } from "../instance/backup/create";

type Options = { json?: true; untilInputEnds?: true };

const phaseLabels: Record<Parameters<OnProgress>[0], string> = {
	copying: "copying the database",
	writing: "writing the archive",
	verifying: "verifying",
};

/** Makes a backup. With `untilInputEnds`, the process exits with the server that started it. */
export async function backup(terminal: Terminal, file: string | undefined, { json, untilInputEnds }: Options) {
	const exitWithServer = () => process.exit(1);
	if (untilInputEnds) terminal.stdin.on("end", exitWithServer).resume();
	let phase: Parameters<OnProgress>[0] = "copying";
	const bar = progressBar(terminal, (done, total) => `${phaseLabels[phase]}, ${size(done)} of ${size(total)}`);
	const result = await createBackup(loadConfig(terminal.env), file, (now, done, total) => {
		if (now !== phase) bar.end();
		phase = now;
		bar.show(done, total);
	}).finally(bar.end);
	if (untilInputEnds) terminal.stdin.off("end", exitWithServer).destroy();
	if (json)
		return printJson(terminal, {
			file: result.file,
			bytes: result.bytes,
			created_at: result.createdAt,
			counts: result.counts,
			files: result.files,
			missing: result.missing,
			deleted: result.deleted,
		});
	const { users = 0, posts = 0 } = result.counts;
	print(terminal, `${result.file}: ${size(result.bytes)}, verified.`);
	print(terminal, `The backup has ${users} users, ${posts} posts and ${result.files} picture files.`);
	if (result.missing > 0)
		print(terminal, `Pictures without files, already missing before the backup: ${result.missing}`);
	if (result.deleted.length > 0)
		print(terminal, `Old backups deleted because of BACKUP_KEEP: ${result.deleted.join(", ")}`);
}
