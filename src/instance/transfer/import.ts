import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { OperatorError } from "../../core/errors";
import { engine, openStores } from "../../db/open";
import type { Stores } from "../../db/stores";
import { type Kind, kinds, type Moved, type MovedPicture, Unfit } from "../../db/transfer";
import { leaveRoom, syncFile } from "../../disk/free-space";
import { contentHashOf, filesOf } from "../../media/files";
import { provePicture } from "../../media/picture/verify";
import { exclusively, onDisk, replace, type Settings, staging } from "../replace/replace";
import {
	files,
	largestFile,
	largestManifest,
	longestLine,
	type Manifest,
	type Picture,
	parseManifest,
	readLine,
	readPicture,
} from "./format";
import { checkFolder, readLines, readWhole, type Written } from "./lines";

/** What goes on: bytes of lines that are read, and then pictures. */
export type Watch = (what: "reading" | "pictures", done: number, total: number) => void;

export type Imported = {
	manifest: Manifest;
	/** Where what was there is kept. */
	previous: string | null;
	/** Whether a server runs, with which nothing can be imported. */
	isInUse: boolean;
};

/** Items that are taken in at once. */
const batch = 500;
/** Bytes that a database takes for each of its lines, about, with all indexes. */
const growth = 1.5;

/**
 * Makes an instance of what `exportInstance` wrote, in the place of one that has no accounts yet: all of it or nothing. It is
 * read into a new database first, and each line, each reference and each picture is looked at on the way. `dryRun` does no
 * more than that. Throws OperatorError, also while anybody has the database open.
 */
export async function importInstance(
	config: Settings,
	from: string,
	{ dryRun, watch = () => {} }: { dryRun: boolean; watch?: Watch },
): Promise<Imported> {
	const manifest = manifestIn(from);
	const path = onDisk(config);
	const minFree = config.media.minFreeBytes;
	if (!dryRun)
		return exclusively(config, async () => {
			checkEmpty(path);
			const { previous } = await replace(config, async ({ database, uploads }) => {
				await load(from, manifest, { database, uploads, minFree, watch });
				return { result: null, instance: engine.instanceOf(database) };
			});
			return { manifest, previous, isInUse: false };
		});
	checkEmpty(path);
	const folder = join(existsSync(dirname(path)) ? dirname(path) : tmpdir(), `${staging}check-${crypto.randomUUID()}`);
	mkdirSync(folder, { mode: 0o700 });
	try {
		await load(from, manifest, { database: join(folder, "database"), uploads: null, minFree, watch });
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
	return { manifest, previous: null, isInUse: engine.isInUse(path) };
}

const refusal = (why: string) => new OperatorError(`${why}. Nothing was changed.`);

function manifestIn(from: string): Manifest {
	checkFolder(from, { mayBeLink: true });
	const path = join(from, files.manifest);
	const bytes = readWhole(path, largestManifest);
	const manifest = parseManifest(new TextDecoder().decode(bytes));
	if (!manifest) throw refusal(`${path} is not the manifest of an export, or of one that a newer version made`);
	const expected = [...kinds.map(files.of), files.pictures];
	if (
		!Bun.deepEquals(
			manifest.files.map(({ name }) => name),
			expected,
		)
	)
		throw refusal(`${path} does not name the files ${expected.join(", ")}, in this order`);
	return manifest;
}

function checkEmpty(path: string) {
	if (!existsSync(path)) return;
	const newer = engine.migrationsOf(path).some(({ known }) => !known);
	if (newer || (engine.contentsOf(path).counts["users"] ?? 0) > 0)
		throw refusal(
			`There is a database with accounts at ${path} already: set DATA_DIR to a new folder to import into, or delete the accounts`,
		);
}

type Loading = {
	/** Made anew. */
	database: string;
	/** Where pictures are put; null to look at them only. */
	uploads: string | null;
	/** Bytes that must stay free. */
	minFree: number;
	watch: Watch;
};

async function load(from: string, manifest: Manifest, { database, uploads, minFree, watch }: Loading) {
	const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
	leaveRoom(dirname(database), total * growth, minFree, "Nothing was changed.");
	if (uploads) leaveRoom(uploads, manifest.pictures.bytes, minFree, "Nothing was changed.");
	// Whatever a power cut takes of it before it is whole, nobody misses.
	const stores = openStores({ path: database, durability: "normal", secret: crypto.randomUUID(), shared: true });
	try {
		let done = 0;
		for (const kind of kinds) {
			const before = done;
			await readAll(stores, { from, kind, expected: fileIn(manifest, files.of(kind)) }, (bytes) => {
				done = before + bytes;
				watch("reading", done, total);
			});
		}
		await readPictures(stores, { from, uploads, manifest, watch });
	} finally {
		await stores.close();
	}
	syncFile(database);
}

type Listed = Manifest["files"][number];

const fileIn = (manifest: Manifest, name: string): Listed =>
	manifest.files.find((file) => file.name === name) as Listed;

type Reading = { from: string; kind: Kind; expected: Listed };

async function readAll({ moves }: Stores, { from, kind, expected }: Reading, read: (bytes: number) => void) {
	const { name } = expected;
	const refuse = (line: number, why: string) => refusal(`${name} line ${line}: ${why}`);
	const lines = readLines(join(from, name), { longest: longestLine, refuse });
	let items: Moved[Kind][] = [];
	let bytes = 0;
	const add = async (last: number) => {
		try {
			await moves.add(kind, items);
		} catch (error) {
			throw error instanceof Unfit ? refuse(last - items.length + 1 + error.index, error.why) : error;
		}
		items = [];
		read(bytes);
	};
	for (;;) {
		const { value, done } = lines.next();
		if (done) {
			const { lines } = value;
			await add(lines);
			return expect(value, expected);
		}
		const { line, text } = value;
		bytes += text.length + 1;
		const found = readLine(kind, text);
		if ("fault" in found) throw refuse(line, found.fault);
		items.push(found.item);
		if (items.length === batch) await add(line);
	}
}

function expect({ lines, bytes, sha256 }: Written, { name, ...expected }: Listed) {
	if (!Bun.deepEquals({ lines, bytes, sha256 }, expected)) throw refusal(`${name} is not as the manifest says it was`);
}

type Pictures = { from: string; uploads: string | null; manifest: Manifest; watch: Watch };

/** The list of pictures and those that people and posts show are the same, in the same order. */
async function readPictures({ moves }: Stores, { from, uploads, manifest, watch }: Pictures) {
	const expected = fileIn(manifest, files.pictures);
	const refuse = (line: number, why: string) => refusal(`${files.pictures} line ${line}: ${why}`);
	const folder = join(from, files.uploads);
	if (manifest.pictures.files > 0) checkFolder(folder);
	const lines = readLines(join(from, files.pictures), { longest: longestLine, refuse });
	const totals = { files: 0, bytes: 0, missing: 0 };
	for await (const page of moves.pictures())
		for (const shown of page) {
			const { value, done } = lines.next();
			if (done) throw refusal(`${files.pictures} does not have the picture ${shown.name}`);
			const { line, text } = value;
			const found = readPicture(text);
			if ("fault" in found) throw refuse(line, found.fault);
			const { name, files: both } = found.item;
			if (name !== shown.name) throw refuse(line, `it should be the picture ${shown.name}, by the order of names`);
			if (!shown.agreed) throw refuse(line, "those who show this picture do not agree on its size");
			if (both) {
				const contents = await contentsOfPicture(folder, shown, both);
				totals.files += contents.length;
				totals.bytes += both[0].bytes + both[1].bytes;
				if (uploads) for (const { file, content } of contents) put(join(uploads, file), content);
			} else totals.missing++;
			watch("pictures", line, expected.lines);
		}
	const { value, done } = lines.next();
	if (!done) throw refuse(value.line, "nobody shows this picture");
	expect(value, expected);
	if (!Bun.deepEquals(totals, manifest.pictures)) throw refusal(`${files.manifest} counts its pictures otherwise`);
}

function put(path: string, content: Uint8Array) {
	writeFileSync(path, content, { flag: "wx", mode: 0o600 });
	syncFile(path);
}

/** Reads both files of a picture, which have to be what they are said to be. */
async function contentsOfPicture(folder: string, shown: MovedPicture, both: NonNullable<Picture["files"]>) {
	const contents = filesOf(shown.name).map((file, i) => {
		const content = readWhole(join(folder, file), largestFile);
		const { bytes, sha256 } = both[i as 0 | 1];
		if (content.length !== bytes || new Bun.CryptoHasher("sha256").update(content).digest("hex") !== sha256)
			throw refusal(`${files.uploads}/${file} is not as ${files.pictures} says it was`);
		return { file, content };
	});
	const [full, thumbnail] = contents.map(({ content }) => content) as [Buffer<ArrayBuffer>, Buffer<ArrayBuffer>];
	const refuse = (why: string) => refusal(`The picture ${shown.name} ${why}`);
	if (contentHashOf({ full, thumbnail }) !== shown.name.slice(0, 64)) throw refuse("is not called after what is in it");
	const size = await provePicture(full);
	if (!size || !(await provePicture(thumbnail))) throw refuse("is no WebP as they are kept here");
	if (size.width !== shown.width || size.height !== shown.height || full.length + thumbnail.length !== shown.bytes)
		throw refuse("has another size than those who show it say");
	return contents;
}
