import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import { OperatorError } from "../../core/errors";
import { engine } from "../../db/open";
import { assertFreeSpace, syncFile } from "../../disk/free-space";
import { filesOf } from "../../media/files";
import { type Progress, readArchive } from "./archive";
import { type Manifest, members, parseManifest, pictureFileOf } from "./manifest";

/** A manifest with a million pictures has 350 MB. */
const maxManifestBytes = 512 * 1024 ** 2;

type Options = {
	/** Target path of each part. The database is always unpacked, because SQLite cannot read it otherwise. */
	into: { database: string; secret?: string; uploads?: string };
	/** Bytes that must stay free on the disk. */
	minFree: number;
	progress?: Progress;
};

/**
 * Reads a whole backup, and unpacks the wanted parts durably. Checks sizes and hashes, the integrity and version of the
 * database, and that each picture has its files or was missing before. Throws OperatorError, also without free space.
 */
export async function verifyBackup(file: string, { into, minFree, progress }: Options): Promise<Manifest> {
	const refuse = (why: string) => new OperatorError(`${file} is damaged or not a backup (${why}).`);
	const unpacked = new Map<string, { bytes: number; sha256: string }>();
	let manifest: Manifest | null = null;

	const targetOf = (name: string): string | null => {
		if (name === members.database) return into.database;
		if (name === members.secret) return into.secret ?? null;
		const upload = pictureFileOf(name);
		if (upload === null) throw refuse("it has an unknown member");
		return into.uploads === undefined ? null : join(into.uploads, upload);
	};

	if (into.uploads !== undefined) await mkdir(into.uploads, { recursive: true, mode: 0o700 });
	await readArchive(
		file,
		async ({ name, bytes, chunks }) => {
			if (manifest) throw refuse("it goes on after its manifest");
			if (name === members.manifest) {
				if (bytes > maxManifestBytes) throw refuse("its manifest is too large");
				manifest = parseManifest(await new Response(streamOf(chunks)).text());
				if (!manifest) throw refuse("another program or a newer version wrote its manifest");
				return;
			}
			if (unpacked.has(name)) throw refuse("it has a member twice");
			const target = targetOf(name);
			if (target !== null) assertFreeSpace(dirname(target), bytes, minFree, "Nothing was changed.");
			unpacked.set(name, { bytes, sha256: await unpack(chunks, target) });
		},
		progress,
	);
	const verified = manifest as Manifest | null;
	if (!verified) throw refuse("it has no manifest");

	if (unpacked.size !== verified.members.length) throw refuse("members are missing");
	for (const { name, bytes, sha256 } of verified.members) {
		const actual = unpacked.get(name);
		if (actual?.bytes !== bytes || actual.sha256 !== sha256) throw refuse(`${name} was changed`);
	}
	if (!unpacked.has(members.database)) throw refuse("it has no database");
	engine.verify(into.database, `The database in ${file}`);
	const { schema, instance, counts } = engine.contentsOf(into.database);
	if (!Bun.deepEquals({ schema, instance, counts }, identity(verified)))
		throw refuse("its database differs from its manifest");
	const missing = new Set(verified.missing);
	for (const picture of engine.picturesIn(into.database))
		if (!missing.has(picture) && !filesOf(picture).every((name) => unpacked.has(members.uploads + name)))
			throw refuse(`the picture ${picture} is not in it`);
	return verified;
}

const identity = ({ schema, instance, counts }: Manifest) => ({ schema, instance, counts });

/** Returns the SHA-256 of the chunks, and writes them to `target`, a new file, unless it is null. */
async function unpack(chunks: AsyncIterable<Uint8Array>, target: string | null): Promise<string> {
	const hasher = new Bun.CryptoHasher("sha256");
	const file = target === null ? null : createWriteStream(target, { flags: "wx", mode: 0o600 });
	const written = file && finished(file);
	written?.catch(() => {}); // awaited below, after the last chunk
	for await (const piece of chunks) {
		hasher.update(piece);
		if (file && !file.write(piece))
			await Promise.race([new Promise((resolve) => file.once("drain", resolve)), written]);
	}
	file?.end();
	await written;
	if (target !== null) syncFile(target);
	return hasher.digest("hex");
}

const streamOf = (pieces: AsyncIterable<Uint8Array>) => pieces as ReadableStream<Uint8Array<ArrayBuffer>>;
