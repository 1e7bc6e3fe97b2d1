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

/** More than this is no list of pictures, in bytes: a million of them take 350 MB. */
const maxManifestBytes = 512 * 1024 ** 2;

type Options = {
	/** Where each part is to be unpacked. The database always is: it cannot be looked into otherwise. */
	into: { database: string; secret?: string; uploads?: string };
	/** Bytes that must stay free where it is unpacked. */
	minFree: number;
	progress?: Progress;
};

/**
 * Reads a whole backup, and unpacks of it what is wanted, onto the disk for good. All of it is as its manifest says, the
 * database is sound, not of a newer version, and every picture that it speaks of is there, or was missing before. Throws
 * OperatorError otherwise, and where there is no room.
 */
export async function verifyBackup(file: string, { into, minFree, progress }: Options): Promise<Manifest> {
	const refuse = (why: string) => new OperatorError(`${file} is no backup, or a damaged one (${why}).`);
	const unpacked = new Map<string, { bytes: number; sha256: string }>();
	let manifest: Manifest | null = null;

	const targetOf = (name: string): string | null => {
		if (name === members.database) return into.database;
		if (name === members.secret) return into.secret ?? null;
		const upload = pictureFileOf(name);
		if (upload === null) throw refuse("it has something in it that no backup has");
		return into.uploads === undefined ? null : join(into.uploads, upload);
	};

	if (into.uploads !== undefined) await mkdir(into.uploads, { recursive: true, mode: 0o700 });
	await readArchive(
		file,
		async ({ name, bytes, chunks }) => {
			if (manifest) throw refuse("it goes on behind its end");
			if (name === members.manifest) {
				if (bytes > maxManifestBytes) throw refuse("its manifest is too large");
				manifest = parseManifest(await new Response(streamOf(chunks)).text());
				if (!manifest) throw refuse("its manifest is of another program, or of a newer version");
				return;
			}
			if (unpacked.has(name)) throw refuse("it has something twice");
			const target = targetOf(name);
			if (target !== null) assertFreeSpace(dirname(target), bytes, minFree, "Nothing was changed.");
			unpacked.set(name, { bytes, sha256: await unpack(chunks, target) });
		},
		progress,
	);
	const verified = manifest as Manifest | null;
	if (!verified) throw refuse("it has no manifest");

	if (unpacked.size !== verified.members.length) throw refuse("not all of it is there");
	for (const { name, bytes, sha256 } of verified.members) {
		const actual = unpacked.get(name);
		if (actual?.bytes !== bytes || actual.sha256 !== sha256) throw refuse(`${name} is not as it was`);
	}
	if (!unpacked.has(members.database)) throw refuse("it has no database");
	engine.verify(into.database, `The database in ${file}`);
	const { schema, instance, counts } = engine.contentsOf(into.database);
	if (!Bun.deepEquals({ schema, instance, counts }, identity(verified)))
		throw refuse("its database is not the one it speaks of");
	const missing = new Set(verified.missing);
	for (const picture of engine.picturesIn(into.database))
		if (!missing.has(picture) && !filesOf(picture).every((name) => unpacked.has(members.uploads + name)))
			throw refuse(`the picture ${picture} is not in it`);
	return verified;
}

const identity = ({ schema, instance, counts }: Manifest) => ({ schema, instance, counts });

/** Hashes what goes by, and keeps it where there is a target, which must not be there yet. */
async function unpack(chunks: AsyncIterable<Uint8Array>, target: string | null): Promise<string> {
	const hasher = new Bun.CryptoHasher("sha256");
	const file = target === null ? null : createWriteStream(target, { flags: "wx", mode: 0o600 });
	const written = file && finished(file);
	written?.catch(() => {}); // it is awaited below, when all pieces are there
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
