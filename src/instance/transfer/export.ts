import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Config } from "../../config/config";
import { OperatorError } from "../../core/errors";
import { version } from "../../core/version";
import { engine, openStores } from "../../db/open";
import type { Stores } from "../../db/stores";
import { type Kind, kinds } from "../../db/transfer";
import { givenUp, leaveRoom, realPath, syncDirectory, syncFile } from "../../disk/free-space";
import { filesOf } from "../../media/files";
import { copyable } from "../backup/create";
import { files, format, formatVersion, type Manifest, type Picture, toLine } from "./format";
import { lineWriter } from "./lines";

type Settings = Pick<Config, "databasePath" | "uploadDir" | "media">;

/** What goes on: lines that are written, or pictures. */
export type Watch = (what: "writing" | "pictures", done: number, total: number) => void;

export type Exported = { directory: string; manifest: Manifest };

/**
 * Writes everything of an instance into a new folder, beside a server that goes on: as it is now, as JSON lines and files.
 * It is there when it is whole. What lets somebody in, sessions, tokens and links, stays out; hashes of passwords do not.
 * Throws OperatorError.
 */
export async function exportInstance(config: Settings, to: string, watch: Watch = () => {}): Promise<Exported> {
	const path = copyable(config.databasePath);
	const directory = resolve(to);
	const parent = dirname(directory);
	checkTarget(directory);
	const unlock = engine.lockForBackup(path); // until then, no picture is deleted
	let stage: string | undefined;
	try {
		stage = join(parent, `.export-${engine.instanceOf(path) || "new"}`);
		rmSync(stage, { recursive: true, force: true }); // of one that was killed
		mkdirSync(stage, { mode: 0o700 });
		const manifest = await fill(path, stage, { ...config, watch });
		checkTarget(directory);
		// Not every system renames to what is there, even if it is empty.
		if (existsSync(directory)) rmdirSync(directory);
		renameSync(stage, directory);
		syncDirectory(parent);
		return { directory, manifest };
	} catch (error) {
		throw givenUp(error, { what: "export", folder: parent });
	} finally {
		if (stage) rmSync(stage, { recursive: true, force: true });
		unlock();
	}
}

function checkTarget(directory: string) {
	const parent = dirname(directory);
	if (!existsSync(parent)) throw new OperatorError(`There is no folder ${parent}.`);
	const found = statSync(directory, { throwIfNoEntry: false });
	if (!found) return;
	if (!found.isDirectory() || readdirSync(directory).length > 0)
		throw new OperatorError(`${directory} is there already, and not an empty folder. Nothing was changed.`);
	if (found.dev !== statSync(parent).dev)
		throw new OperatorError(
			`${directory} is a disk of its own: name a new folder on it, such as ${directory}/minifeed.`,
		);
}

/** Where there is no room. */
const advice = "Export to another disk.";

type Filling = Pick<Settings, "uploadDir" | "media"> & { watch: Watch };

async function fill(path: string, stage: string, { uploadDir, media, watch }: Filling): Promise<Manifest> {
	const now = new Date();
	// A copy, and not one long read: as long as one reads, the log of a server that goes on cannot be emptied.
	const work = join(stage, ".work");
	mkdirSync(work, { mode: 0o700 });
	const copy = join(work, basename(path));
	leaveRoom(stage, 3 * engine.copySize(path), media.minFreeBytes, advice); // the copy, and lines that say twice as much
	engine.copy(path, copy);
	const stores = openStores({ path: copy, durability: "normal", secret: crypto.randomUUID(), shared: true });
	try {
		await stores.trash.forget();
		const written = await writeRows(stores, stage, watch);
		const pictures = await writePictures(stores, {
			from: realPath(uploadDir),
			stage,
			minFree: media.minFreeBytes,
			watch,
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

async function writeRows({ moves }: Stores, stage: string, watch: Watch): Promise<Listed[]> {
	let [done, total] = [0, 0];
	for (const kind of kinds) total += await moves.count(kind);
	const write = async <K extends Kind>(kind: K): Promise<Listed> => {
		const name = files.of(kind);
		return writeLines(stage, name, async (add) => {
			for await (const page of moves.all(kind)) {
				for (const item of page) add(toLine[kind](item));
				done += page.length;
				watch("writing", done, total);
			}
		});
	};
	const written: Listed[] = [];
	for (const kind of kinds) written.push(await write(kind));
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

type Pictures = { from: string; stage: string; minFree: number; watch: Watch };

async function writePictures({ moves }: Stores, { from, stage, minFree, watch }: Pictures) {
	const to = join(stage, files.uploads);
	mkdirSync(to, { mode: 0o700 });
	let [done, total] = [0, 0];
	for await (const page of moves.pictures()) total += page.length;
	const totals = { files: 0, bytes: 0, missing: 0 };
	const list = await writeLines(stage, files.pictures, async (add) => {
		for await (const page of moves.pictures()) {
			leaveRoom(
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
				watch("pictures", ++done, total);
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
