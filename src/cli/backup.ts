import { loadConfig } from "../config/config";
import { print, printJson, progressBar, type Terminal } from "../core/terminal";
import { size } from "../disk/free-space";
import { createBackup, type Watch } from "../instance/backup/create";

type Options = { json?: true; untilInputEnds?: true };

const doing: Record<Parameters<Watch>[0], string> = {
	copying: "copying the database",
	writing: "writing",
	proving: "reading it again",
};

/** Makes a backup beside the server. Where a server runs this, it ends with it. */
export async function backup(terminal: Terminal, file: string | undefined, { json, untilInputEnds }: Options) {
	const gone = () => process.exit(1);
	if (untilInputEnds) terminal.stdin.on("end", gone).resume();
	let what: Parameters<Watch>[0] = "copying";
	const bar = progressBar(terminal, (done, total) => `${doing[what]}, ${size(done)} of ${size(total)}`);
	const made = await createBackup(loadConfig(terminal.env), file, (now, done, total) => {
		if (now !== what) bar.end();
		what = now;
		bar.show(done, total);
	}).finally(bar.end);
	if (untilInputEnds) terminal.stdin.off("end", gone).destroy();
	if (json)
		return printJson(terminal, {
			file: made.file,
			bytes: made.bytes,
			created_at: made.createdAt,
			counts: made.counts,
			files: made.files,
			missing: made.missing,
			deleted: made.deleted,
		});
	const { users = 0, posts = 0 } = made.counts;
	print(terminal, `${made.file}: ${size(made.bytes)}, read again and found right.`);
	print(terminal, `It has ${users} people, ${posts} posts and ${made.files} files of pictures.`);
	if (made.missing > 0) print(terminal, `Pictures that were missing before: ${made.missing}`);
	if (made.deleted.length > 0)
		print(terminal, `Deleted, as older than BACKUP_KEEP lets stay: ${made.deleted.join(", ")}`);
}
