import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseTar } from "nanotar";
import { engine } from "../../src/db/open";
import { filesOf } from "../../src/media/files";
import { contentOf, databaseOf, versions } from "./versions";

export const newTemporary = () => mkdtempSync(join(tmpdir(), "minifeed-"));

/** A data directory as a server left it: people, posts, pictures and a key. `seed` makes another one. */
export function dataIn(directory: string, { posts = 20, seed = "a" } = {}) {
	const path = join(directory, "minifeed.db");
	databaseOf(versions.at(-1) as number, path, { posts });
	const uploads = join(directory, "uploads");
	mkdirSync(uploads, { mode: 0o700 });
	writeFileSync(join(uploads, ".instance"), engine.instanceOf(path));
	for (const picture of engine.picturesIn(path))
		for (const name of filesOf(picture)) writeFileSync(join(uploads, name), `${seed} ${name}`.repeat(50));
	writeFileSync(join(directory, "secret.key"), seed.repeat(64));
	return { directory, env: { DATA_DIR: directory }, path, uploads };
}

/** All that counts of a data directory: rows, pictures, the key. */
export function stateOf(directory: string, uploads = join(directory, "uploads")) {
	const files = readdirSync(uploads, { withFileTypes: true }).filter((entry) => entry.isFile());
	return {
		rows: contentOf(join(directory, "minifeed.db")),
		key: readFileSync(join(directory, "secret.key"), "utf8"),
		pictures: files.map(({ name }) => [name, readFileSync(join(uploads, name), "utf8")]).sort(),
	};
}

/** Everything that is in a folder, for proving that nothing was touched. */
export function treeOf(directory: string): [string, string][] {
	return readdirSync(directory, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && !entry.name.endsWith(".lock"))
		.map(({ parentPath, name }) => join(parentPath, name))
		.sort()
		.map((file) => [file, Bun.hash(readFileSync(file)).toString()]);
}

type Manifest = {
	version: string;
	schema: string[];
	counts: Record<string, number>;
	missing: string[];
	members: { name: string; bytes: number; sha256: string }[];
};

/** What is in a backup, read by other libraries than those that made it. */
export function unpacked(file: string) {
	const entries = parseTar(Bun.zstdDecompressSync(readFileSync(file)));
	const members = Object.fromEntries(entries.map(({ name, data }) => [name, data ?? new Uint8Array()]));
	const text = (name: string) => new TextDecoder().decode(members[name]);
	return { members, text, manifest: JSON.parse(text("manifest.json")) as Manifest };
}

export const copyOf = (directory: string, to: string) => cpSync(directory, to, { recursive: true });
