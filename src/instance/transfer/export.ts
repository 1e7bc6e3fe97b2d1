import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Config } from "../../config/config";
import { OperatorError } from "../../core/errors";
import { version } from "../../core/version";
import { engine, openStores, transferred } from "../../db/open";
import type { Stores } from "../../db/stores";
import { assertFreeSpace, describeWriteFailure, realPath, syncDirectory, syncFile } from "../../disk/free-space";
import { filesOf } from "../../media/files";
import { requireCopyable } from "../backup/create";
import { files, format, formatVersion, type Manifest, type Picture } from "./format";
import { lineWriter } from "./lines";

type Settings = Pick<Config, "databasePath" | "uploadDir" | "media">;

/** Progress: lines that are written, then pictures. */
export type OnProgress = (what: "writing" | "pictures", done: number, total: number) => void;

export type Exported = { directory: string; manifest: Manifest };

/**
 * Writes everything of an instance into a new folder, as JSON lines and files, while the server runs. The folder appears
 * when it is complete. Sessions, tokens and links stay out; password hashes do not. Throws OperatorError.
 */
export async function exportInstance(
	config: Settings,
	to: string,
	onProgress: OnProgress = () => {},
): Promise<Exported> {
	const path = requireCopyable(config.databasePath);
	const directory = resolve(to);
	const parent = dirname(directory);
	checkTarget(directory);
	const unlock = engine.lockForBackup(path); // the server deletes no pictures meanwhile
	let stage: string | undefined;
	try {
		stage = join(parent, `.export-${engine.instanceOf(path) || "new"}`);
		rmSync(stage, { recursive: true, force: true }); // left by a killed export
		mkdirSync(stage, { mode: 0o700 });
		const manifest = await fill(path, stage, { ...config, onProgress });
		checkTarget(directory);
		// Windows cannot rename a folder to an existing one, even an empty one.
		if (existsSync(directory)) rmdirSync(directory);
		renameSync(stage, directory);
		syncDirectory(parent);
		return { directory, manifest };
	} catch (error) {
		throw describeWriteFailure(error, { what: "export", folder: parent });
	} finally {
		if (stage) rmSync(stage, { recursive: true, force: true });
		unlock();
	}
}

function checkTarget(directory: string) {
	const parent = dirname(directory);
	if (!existsSync(parent)) throw new OperatorError(`The folder ${parent} does not exist. Create it first.`);
	const found = statSync(directory, { throwIfNoEntry: false });
	if (!found) return;
	if (!found.isDirectory() || readdirSync(directory).length > 0)
		throw new OperatorError(
			`${directory} exists already and is not an empty folder. Choose another name. Nothing was changed.`,
		);
	if (found.dev !== statSync(parent).dev)
		throw new OperatorError(`${directory} is a mount point. Name a new folder in it, such as ${directory}/minifeed.`);
}

/** Follows the message about a full disk. */
const advice = "Export to another disk.";

type Filling = Pick<Settings, "uploadDir" | "media"> & { onProgress: OnProgress };

async function fill(path: string, stage: string, { uploadDir, media, onProgress }: Filling): Promise<Manifest> {
	const now = new Date();
	// A copy, because one long read would keep the server from emptying its WAL.
	const work = join(stage, ".work");
	mkdirSync(work, { mode: 0o700 });
	const copy = join(work, basename(path));
	assertFreeSpace(stage, 3 * engine.copySize(path), media.minFreeBytes, advice); // the copy, and lines of about twice its size
	engine.copy(path, copy);
	const stores = openStores({ path: copy, durability: "normal", secret: crypto.randomUUID(), shared: true });
	try {
		await stores.trash.forget();
		const written = await writeRows(stores, stage, onProgress);
		const pictures = await writePictures(stores, {
			from: realPath(uploadDir),
			stage,
			minFree: media.minFreeBytes,
			onProgress,
		});
		const manifest: Manifest = {
			format,
			format_version: formatVersion,
			version,
			created_at: now.toISOString(),
			files: [...written, pictures.list],
			pictures: pictures.totals,
		};
		const file = join(stage, files.manifest);
		writeFileSync(file, `${JSON.stringify(manifest, null, "\t")}\n`, { mode: 0o600 });
		syncFile(file);
		return manifest;
	} finally {
		await stores.close();
		rmSync(work, { recursive: true, force: true });
	}
}

type Listed = Manifest["files"][number];

async function writeRows({ transfer }: Stores, stage: string, onProgress: OnProgress): Promise<Listed[]> {
	let [done, total] = [0, 0];
	for (const { name } of transferred) total += await transfer.count(name);
	const written: Listed[] = [];
	for (const table of transferred)
		written.push(
			await writeLines(stage, files.of(table), async (add) => {
				for await (const page of transfer.rows(table.name)) {
					page.forEach(add);
					done += page.length;
					onProgress("writing", done, total);
				}
			}),
		);
	return written;
}

async function writeLines(stage: string, name: string, fill: (add: (line: object) => void) => Promise<void>) {
	const path = join(stage, name);
	const writer = lineWriter(path);
	try {
		await fill(writer.add);
		const written = writer.end();
		syncFile(path);
		return { name, ...written };
	} finally {
		writer.close();
	}
}

type Pictures = { from: string; stage: string; minFree: number; onProgress: OnProgress };

async function writePictures({ transfer }: Stores, { from, stage, minFree, onProgress }: Pictures) {
	const to = join(stage, files.uploads);
	mkdirSync(to, { mode: 0o700 });
	let [done, total] = [0, 0];
	for await (const page of transfer.pictures()) total += page.length;
	const totals = { files: 0, bytes: 0, missing: 0 };
	const list = await writeLines(stage, files.pictures, async (add) => {
		for await (const page of transfer.pictures()) {
			assertFreeSpace(
				stage,
				page.reduce((sum, { bytes }) => sum + bytes, 0),
				minFree,
				advice,
			);
			for (const { name } of page) {
				const copied = await copyPicture(name, { from, to });
				add({ name, files: copied } satisfies Picture);
				if (copied) totals.files += copied.length;
				else totals.missing++;
				for (const { bytes } of copied ?? []) totals.bytes += bytes;
				onProgress("pictures", ++done, total);
			}
		}
	});
	syncDirectory(to);
	return { list, totals };
}

/** Both files of a picture; null when one is missing. */
async function copyPicture(name: string, { from, to }: { from: string; to: string }): Promise<Picture["files"]> {
	const [full, thumbnail] = await Promise.all(
		filesOf(name).map(async (file) => {
			const source = Bun.file(join(from, file));
			return (await source.exists()) ? { file, content: await source.bytes() } : null;
		}),
	);
	if (!full || !thumbnail) return null;
	const copy = ({ file, content }: typeof full) => {
		writeFileSync(join(to, file), content, { flag: "wx", mode: 0o600 });
		return { bytes: content.length, sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex") };
	};
	return [copy(full), copy(thumbnail)];
}
