import { loadConfig } from "../config/config";
import { print, printJson, progressBar, type Terminal } from "../core/terminal";
import { size } from "../disk/free-space";
import { exportInstance, type Watch } from "../instance/transfer/export";
import type { Manifest } from "../instance/transfer/format";

/** Writes everything into a folder, as lines and files that other programs read. */
export async function exportAll(terminal: Terminal, directory: string, { json }: { json?: true }) {
	let what: Parameters<Watch>[0] = "writing";
	const bar = progressBar(terminal, (done, total) =>
		what === "writing" ? `${done} of ${total} lines` : `${done} of ${total} pictures`,
	);
	const { manifest, ...made } = await exportInstance(loadConfig(terminal.env), directory, (now, done, total) => {
		if (now !== what) bar.end();
		what = now;
		bar.show(done, total);
	}).finally(bar.end);
	if (json) return printJson(terminal, { directory: made.directory, ...summary(manifest) });
	print(terminal, `${made.directory} has ${people(manifest)}.`);
	if (manifest.pictures.missing > 0) print(terminal, `Pictures that were missing before: ${manifest.pictures.missing}`);
	print(
		terminal,
		"It is as secret as the data itself: e-mail addresses, private posts and hashes of passwords are in it.",
	);
}

const countsOf = ({ files }: Manifest) =>
	Object.fromEntries(files.map(({ name, lines }) => [name.replace(".jsonl", ""), lines]));

export const summary = (manifest: Manifest) => ({
	created_at: manifest.created_at,
	version: manifest.version,
	counts: countsOf(manifest),
	pictures: manifest.pictures,
});

export function people(manifest: Manifest): string {
	const { users, posts, comments } = countsOf(manifest);
	const { files, bytes } = manifest.pictures;
	return `${users} people, ${posts} posts, ${comments} comments and ${files} files of pictures (${size(bytes)})`;
}
