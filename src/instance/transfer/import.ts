import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { OperatorError } from "../../core/errors";
import { engine, openStores, transferred } from "../../db/open";
import type { Stores } from "../../db/stores";
import { ImportConflict, type Line, type TransferPicture, type TransferTable } from "../../db/transfer";
import { assertFreeSpace, syncFile } from "../../disk/free-space";
import { contentHashOf, filesOf } from "../../media/files";
import { verifyPicture } from "../../media/picture/verify";
import { databaseFile, type Settings, stageAndReplace, stagingPrefix, withExclusiveAccess } from "../replace/replace";
import {
	files,
	type Manifest,
	maxLineBytes,
	maxManifestBytes,
	maxPictureBytes,
	type Picture,
	parseManifest,
	readLine,
	readPicture,
} from "./format";
import { checkFolder, readLines, readSmallFile, type Written } from "./lines";

/** Progress: bytes of lines that are read, then pictures. */
export type OnProgress = (what: "reading" | "pictures", done: number, total: number) => void;

export type Imported = {
	manifest: Manifest;
	/** Folder with the previous data. */
	previous: string | null;
	/** True while a server runs; it has to stop before an import. */
	isInUse: boolean;
};

/** Lines of one transaction. */
const batchLines = 500;
/** Includes the indexes. */
const databaseBytesPerLineByte = 1.5;

/**
 * Imports the export of `exportInstance`, all or nothing, and replaces an instance without accounts. First loads it into a new
 * database, and checks each line, reference and picture. `dryRun` stops there. Throws OperatorError, also while a process has
 * the database open.
 */
export async function importInstance(
	config: Settings,
	from: string,
	{ dryRun, onProgress = () => {} }: { dryRun: boolean; onProgress?: OnProgress },
): Promise<Imported> {
	const manifest = manifestIn(from);
	const path = databaseFile(config);
	const minFree = config.media.minFreeBytes;
	if (!dryRun)
		return withExclusiveAccess(config, async () => {
			checkEmpty(path);
			const { previous } = await stageAndReplace(config, async ({ database, uploads }) => {
				await load(from, manifest, { database, uploads, minFree, onProgress });
				return { result: null, instance: engine.instanceOf(database) };
			});
			return { manifest, previous, isInUse: false };
		});
	checkEmpty(path);
	const folder = join(
		existsSync(dirname(path)) ? dirname(path) : tmpdir(),
		`${stagingPrefix}check-${crypto.randomUUID()}`,
	);
	mkdirSync(folder, { mode: 0o700 });
	try {
		await load(from, manifest, { database: join(folder, "database"), uploads: null, minFree, onProgress });
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
	return { manifest, previous: null, isInUse: engine.isInUse(path) };
}

const refusal = (why: string) => new OperatorError(`${why}. Nothing was changed.`);

function manifestIn(from: string): Manifest {
	checkFolder(from, { mayBeLink: true });
	const path = join(from, files.manifest);
	const bytes = readSmallFile(path, maxManifestBytes);
	const manifest = parseManifest(new TextDecoder().decode(bytes));
	if (!manifest) throw refusal(`${path} is not the manifest of an export, or a newer version wrote it`);
	checkFiles(manifest, path);
	return manifest;
}

/** Tables of the first release. An export of an older version lacks the files of later tables. */
const firstTables = ["users", "posts", "comments", "likes", "follows", "audit"];

function checkFiles(manifest: Manifest, path: string) {
	const named = manifest.files.map(({ name }) => name);
	const known = transferred.filter((table) => firstTables.includes(table.name) || named.includes(files.of(table)));
	const expected = [...known.map(files.of), files.pictures];
	if (!Bun.deepEquals(named, expected))
		throw refusal(`${path} does not name the files ${expected.join(", ")}, in this order`);
}

function checkEmpty(path: string) {
	if (!existsSync(path)) return;
	const newer = engine.migrationsOf(path).some(({ known }) => !known);
	if (newer || (engine.contentsOf(path).counts["users"] ?? 0) > 0)
		throw refusal(`The database ${path} has accounts already. Set DATA_DIR to a new folder, or delete the accounts`);
}

type Loading = {
	/** Path of the new database. */
	database: string;
	/** Folder for the pictures; null to check them only. */
	uploads: string | null;
	/** Bytes that must stay free. */
	minFree: number;
	onProgress: OnProgress;
};

async function load(from: string, manifest: Manifest, { database, uploads, minFree, onProgress }: Loading) {
	const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
	assertFreeSpace(dirname(database), total * databaseBytesPerLineByte, minFree, "Nothing was changed.");
	if (uploads) assertFreeSpace(uploads, manifest.pictures.bytes, minFree, "Nothing was changed.");
	// Without fsync per transaction: after a power cut the operator imports again.
	const stores = openStores({ path: database, durability: "normal", secret: crypto.randomUUID(), shared: true });
	try {
		let done = 0;
		for (const table of transferred) {
			const expected = fileIn(manifest, files.of(table));
			if (!expected) continue;
			const before = done;
			await readTable(stores, { from, table, expected }, (bytes) => {
				done = before + bytes;
				onProgress("reading", done, total);
			});
		}
		await readPictures(stores, { from, uploads, manifest, onProgress });
	} finally {
		await stores.close();
	}
	syncFile(database);
}

type Listed = Manifest["files"][number];

const fileIn = (manifest: Manifest, name: string): Listed | undefined =>
	manifest.files.find((file) => file.name === name);

type Reading = { from: string; table: TransferTable; expected: Listed };

async function readTable({ transfer }: Stores, { from, table, expected }: Reading, read: (bytes: number) => void) {
	const { name } = expected;
	const refuse = (line: number, why: string) => refusal(`${name} line ${line}: ${why}`);
	const lines = readLines(join(from, name), { maxLineBytes, refuse });
	let items: Line[] = [];
	let bytes = 0;
	const add = async (last: number) => {
		try {
			await transfer.add(table.name, items);
		} catch (error) {
			throw error instanceof ImportConflict ? refuse(last - items.length + 1 + error.index, error.why) : error;
		}
		items = [];
		read(bytes);
	};
	for (;;) {
		const { value, done } = lines.next();
		if (done) {
			await add(value.lines);
			return assertWritten(value, expected);
		}
		const { line, text } = value;
		bytes += text.length + 1;
		const found = readLine(table, text);
		if ("problem" in found) throw refuse(line, found.problem);
		items.push(found.item);
		if (items.length === batchLines) await add(line);
	}
}

function assertWritten({ lines, bytes, sha256 }: Written, { name, ...expected }: Listed) {
	if (!Bun.deepEquals({ lines, bytes, sha256 }, expected)) throw refusal(`${name} differs from the manifest`);
}

type Pictures = { from: string; uploads: string | null; manifest: Manifest; onProgress: OnProgress };

/** Compares the list of pictures with those of profiles and posts, which have the same order, and copies the files. */
async function readPictures({ transfer }: Stores, { from, uploads, manifest, onProgress }: Pictures) {
	const expected = fileIn(manifest, files.pictures) as Listed;
	const refuse = (line: number, why: string) => refusal(`${files.pictures} line ${line}: ${why}`);
	const folder = join(from, files.uploads);
	if (manifest.pictures.files > 0) checkFolder(folder);
	const lines = readLines(join(from, files.pictures), { maxLineBytes, refuse });
	const totals = { files: 0, bytes: 0, missing: 0 };
	for await (const page of transfer.pictures())
		for (const shown of page) {
			const { value, done } = lines.next();
			if (done) throw refusal(`${files.pictures} does not have the picture ${shown.name}`);
			const both = filesOfPicture(value.text, shown, (why) => refuse(value.line, why));
			if (both) {
				await copyPicture({ folder, uploads }, shown, both);
				totals.files += both.length;
				totals.bytes += both[0].bytes + both[1].bytes;
			} else totals.missing++;
			onProgress("pictures", value.line, expected.lines);
		}
	const { value, done } = lines.next();
	if (!done) throw refuse(value.line, "no profile or post has this picture");
	assertWritten(value, expected);
	if (!Bun.deepEquals(totals, manifest.pictures)) throw refusal(`${files.manifest} has other numbers of pictures`);
}

/** Parses a line, which must have the name of the next picture `shown`. Returns its files. */
function filesOfPicture(text: string, shown: TransferPicture, refuse: (why: string) => Error): Picture["files"] {
	const found = readPicture(text);
	if ("problem" in found) throw refuse(found.problem);
	const { name, files } = found.item;
	if (name !== shown.name) throw refuse(`the next picture by name must be ${shown.name}`);
	if (!shown.agreed) throw refuse("profiles and posts give different sizes for this picture");
	return files;
}

type Folders = { folder: string; uploads: string | null };

async function copyPicture({ folder, uploads }: Folders, shown: TransferPicture, both: NonNullable<Picture["files"]>) {
	const contents = await contentsOfPicture(folder, shown, both);
	if (uploads) for (const { file, content } of contents) writeDurably(join(uploads, file), content);
}

function writeDurably(path: string, content: Uint8Array) {
	writeFileSync(path, content, { flag: "wx", mode: 0o600 });
	syncFile(path);
}

/** Reads both files of a picture, and checks their sizes, hashes and format. */
async function contentsOfPicture(folder: string, shown: TransferPicture, both: NonNullable<Picture["files"]>) {
	const contents = filesOf(shown.name).map((file, i) => {
		const content = readSmallFile(join(folder, file), maxPictureBytes);
		const { bytes, sha256 } = both[i as 0 | 1];
		if (content.length !== bytes || new Bun.CryptoHasher("sha256").update(content).digest("hex") !== sha256)
			throw refusal(`${files.uploads}/${file} differs from ${files.pictures}`);
		return { file, content };
	});
	const [full, thumbnail] = contents.map(({ content }) => content) as [Buffer<ArrayBuffer>, Buffer<ArrayBuffer>];
	const refuse = (why: string) => refusal(`The picture ${shown.name} ${why}`);
	if (contentHashOf({ full, thumbnail }) !== shown.name.slice(0, 64))
		throw refuse("has a name that is not the hash of its content");
	const size = await verifyPicture(full);
	if (!size || !(await verifyPicture(thumbnail))) throw refuse("is not a valid WebP image for this server");
	if (size.width !== shown.width || size.height !== shown.height || full.length + thumbnail.length !== shown.bytes)
		throw refuse("has another size than its profile or post says");
	return contents;
}
