import { loadConfig } from "../config/config";
import { print, printJson, progressBar, type Terminal } from "../core/terminal";
import { size } from "../disk/free-space";
import { exportInstance, type OnProgress } from "../instance/transfer/export";
import type { Manifest } from "../instance/transfer/format";

/** Exports the whole instance to a folder. */
export async function exportAll(terminal: Terminal, directory: string, { json }: { json?: true }) {
	let phase: Parameters<OnProgress>[0] = "writing";
	const bar = progressBar(terminal, (done, total) =>
		phase === "writing" ? `${done} of ${total} lines` : `${done} of ${total} pictures`,
	);
	const { manifest, ...result } = await exportInstance(loadConfig(terminal.env), directory, (now, done, total) => {
		if (now !== phase) bar.end();
		phase = now;
		bar.show(done, total);
	}).finally(bar.end);
	if (json) return printJson(terminal, { directory: result.directory, ...summary(manifest) });
	print(terminal, `${result.directory} has ${contentsText(manifest)}.`);
	if (manifest.pictures.missing > 0)
		print(terminal, `Pictures without files, already missing before the export: ${manifest.pictures.missing}`);
	print(terminal, "Keep the folder as secret as the data: it has e-mail addresses, private posts and password hashes.");
}

const countsOf = ({ files }: Manifest) =>
	Object.fromEntries(files.map(({ name, lines }) => [name.replace(".jsonl", ""), lines]));

export const summary = (manifest: Manifest) => ({
	created_at: manifest.created_at,
	version: manifest.version,
	counts: countsOf(manifest),
	pictures: manifest.pictures,
});

export function contentsText(manifest: Manifest): string {
	const { users, posts, comments } = countsOf(manifest);
	const { files, bytes } = manifest.pictures;
	return `${users} users, ${posts} posts, ${comments} comments and ${files} picture files (${size(bytes)})`;
}
