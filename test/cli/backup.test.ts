import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { engine } from "../../src/db/open";
import { dataIn, newTemporary, treeOf, unpacked } from "../support/backup";
import { atTerminal, command, withoutEnvFile } from "../support/terminal";
import { contentOf } from "../support/versions";

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const newDirectory = () => join(temporary, String(directories++));

const sha256 = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const made = async (env: Record<string, string>, ...args: string[]) => {
	const { code, stdout, stderr } = await command(["backup", ...args, "--json"], env);
	expect([stderr, code]).toEqual(["", 0]);
	return JSON.parse(stdout) as { file: string; bytes: number; files: number; missing: number; deleted: string[] };
};

test("a backup has everything under its own name, with the hash of each, for its owner only", async () => {
	const { env, directory, path, uploads } = dataIn(newDirectory());
	const { file, bytes, files, missing } = await made(env);
	expect(file).toMatch(/\/backups\/minifeed-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.tar\.zst$/);
	expect([statSync(file).size, statSync(file).mode & 0o777, files, missing]).toEqual([bytes, 0o600, 8, 0]);
	expect(statSync(join(directory, "backups")).mode & 0o777).toBe(0o700);

	const { members, text, manifest } = unpacked(file);
	const pictures = readdirSync(uploads).filter((name) => name !== ".instance");
	expect(Object.keys(members).sort()).toEqual(
		["minifeed.db", "secret.key", "manifest.json", ...pictures.map((name) => `uploads/${name}`)].sort(),
	);
	const hashed = Object.entries(members).filter(([name]) => name !== "manifest.json");
	expect(manifest.members).toEqual(hashed.map(([name, data]) => ({ name, bytes: data.length, sha256: sha256(data) })));
	expect(manifest).toMatchObject({ version: "0.1.0", counts: { users: 2, posts: 20, images: 4 }, missing: [] });
	expect(manifest.schema.at(0)).toBe("0001_init");
	expect(text("secret.key")).toBe("a".repeat(64));
	const copy = join(directory, "copy.db");
	writeFileSync(copy, members["minifeed.db"] as Uint8Array);
	expect(contentOf(copy)).toEqual(contentOf(path));
});

test("a key that is configured is not in it, and a database of an older version is", async () => {
	const { env, path } = dataIn(newDirectory());
	const { file } = await made({ ...env, SECRET_KEY: "x".repeat(32) });
	expect(Object.keys(unpacked(file).members)).not.toContain("secret.key");
	const client = new Database(path);
	client.run("DELETE FROM migrations WHERE name > '0002_suspension'");
	client.close();
	expect(unpacked((await made(env)).file).manifest.schema).toEqual(["0001_init", "0002_suspension"]);
	const after = new Database(path);
	after.run("INSERT INTO migrations VALUES ('9999_future', 'x', 0)");
	after.close();
	expect(await command(["backup"], env)).toMatchObject({ code: 1, stderr: expect.stringContaining("newer version") });
});

test("nothing that was deleted is in it", async () => {
	const { env, path } = dataIn(newDirectory());
	const client = new Database(path);
	client.run("PRAGMA secure_delete = OFF");
	client.run("UPDATE users SET bio = 'xyzzy plugh' WHERE key = 1");
	client.run("UPDATE users SET bio = '' WHERE key = 1");
	client.close();
	const { members } = unpacked((await made(env)).file);
	expect(Buffer.from(members["minifeed.db"] as Uint8Array).includes("xyzzy")).toBe(false);
});

test("what is in the trash is in it with its pictures, and comes back from it", async () => {
	const { env } = dataIn(newDirectory());
	for (const args of [
		["restore", "bob"],
		["role", "bob", "admin"],
	])
		await command(["user", ...args], env);
	const rows = async (env: Record<string, string>) => [
		JSON.parse((await command(["user", "list", "--json"], env)).stdout),
		JSON.parse((await command(["media", "usage", "--json"], env)).stdout),
	];
	const before = await rows(env);
	expect((await command(["user", "delete", "ada", "--yes"], env)).code).toBe(0);
	const { file, files, missing } = await made(env);
	expect([files, missing]).toEqual([8, 0]);
	expect(unpacked(file).manifest.counts).toMatchObject({ users: 1, images: 2, trash: 1, trash_images: 2 });

	const other = { DATA_DIR: newDirectory() };
	expect((await command(["restore", file], other)).stderr).toBe("");
	for (const name of readdirSync(join(other.DATA_DIR, "uploads")))
		utimesSync(join(other.DATA_DIR, "uploads", name), 0, 0);
	const swept = async () => JSON.parse((await command(["media", "sweep", "--json"], other)).stdout);
	expect(await swept()).toMatchObject({ files: 0, images: 0 });
	expect((await command(["user", "undelete", "ada"], other)).stderr).toBe("");
	expect(await rows(other)).toEqual(before);
	expect(await swept()).toMatchObject({ files: 0, images: 0, missing: 0 });
});

test("a picture whose files are gone is named, and in nobody's way", async () => {
	const { env, uploads } = dataIn(newDirectory());
	const gone = readdirSync(uploads).find((name) => name.endsWith("-small.webp")) as string;
	rmSync(join(uploads, gone));
	const { file, files, missing } = await made(env);
	expect([files, missing]).toEqual([7, 1]);
	expect(unpacked(file).manifest.missing).toEqual([gone.replace("-small.webp", "")]);
});

test("older ones are deleted when a new one is good, and never what somebody else put there", async () => {
	const { env, directory } = dataIn(newDirectory());
	const folder = join(directory, "backups");
	mkdirSync(folder);
	for (const name of ["minifeed-2020-01-01T00-00-00Z.tar.zst", "notes.txt"]) writeFileSync(join(folder, name), "mine");
	const names = [];
	for (let n = 0; n < 4; n++) names.push((await made({ ...env, BACKUP_KEEP: "2" })).file);
	expect(names.map((file) => existsSync(file))).toEqual([false, false, true, true]);
	expect(readdirSync(folder).sort()).toHaveLength(5); // these two, those two, and the list of what was made
	const elsewhere = join(directory, "elsewhere.tar.zst");
	await made({ ...env, BACKUP_KEEP: "1" }, elsewhere);
	expect(names.map((file) => existsSync(file))).toEqual([false, false, true, true]);
	// Of one that has a name to come, since the clock was wrong, it still counts when it was made.
	const wrong = join(folder, "minifeed-2090-01-01T00-00-00Z.tar.zst");
	renameSync(names[2] as string, wrong);
	const list = join(folder, ".made");
	writeFileSync(list, readFileSync(list, "utf8").replace(basename(names[2] as string), basename(wrong)));
	names.push((await made({ ...env, BACKUP_KEEP: "2" })).file);
	expect([wrong, ...names.slice(3)].map((file) => existsSync(file))).toEqual([false, true, true]);
	expect(unpacked(elsewhere).manifest.counts.posts).toBe(20);
	// One that fails deletes none.
	await command(["backup"], { ...env, BACKUP_KEEP: "1", MIN_FREE_BYTES: String(1024 ** 4) });
	expect(existsSync(names[3] as string)).toBe(true);
});

test("what cannot be is one sentence, and leaves nothing behind", async () => {
	const { env, directory, path } = dataIn(newDirectory());
	const there = join(directory, "there");
	writeFileSync(there, "");
	const before = treeOf(directory);
	const refusals: [string[], Record<string, string>, string][] = [
		[[there], {}, "exists already"],
		[[join(directory, "nowhere/backup")], {}, "does not exist"],
		[[], { MIN_FREE_BYTES: String(1024 ** 4) }, "MIN_FREE_BYTES"],
		[[], { DATABASE_PATH: ":memory:" }, "is in memory"],
		[[], { DATABASE_PATH: join(directory, "other.db") }, "There is no database"],
		[[], { DATABASE_PATH: there }, "is not a database of minifeed"],
	];
	for (const [args, more, sentence] of refusals)
		expect([args, await command(["backup", ...args], { ...env, ...more })]).toEqual([
			args,
			{ code: 1, stdout: "", stderr: expect.stringMatching(new RegExp(`^[^\\n]*${sentence}[^\\n]*\\n$`)) },
		]);
	const unlock = engine.lockForBackup(path);
	expect(await command(["backup"], env)).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("is running. Wait"),
	});
	unlock();
	rmSync(join(directory, "backups"), { recursive: true, force: true });
	expect(treeOf(directory)).toEqual(before);
});

test("killed at any time, no half backup has a name, and the next one tidies up", async () => {
	const { env, directory } = dataIn(newDirectory(), { posts: 3_000 });
	const folder = join(directory, "backups");
	for (let n = 0; n < 5; n++) {
		const child = Bun.spawn([process.execPath, "src/main.ts", "backup"], {
			env: { ...withoutEnvFile, ...env },
			stdout: "ignore",
		});
		const begun = () => existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(".backup-"));
		while (!begun() && child.exitCode === null) await Bun.sleep(1);
		await Bun.sleep(n * 40);
		child.kill("SIGKILL");
		await child.exited;
	}
	await made(env);
	const names = readdirSync(folder).filter((name) => name !== ".made");
	for (const name of names) expect(unpacked(join(folder, name)).manifest.counts.posts).toBe(3_000);
}, 30_000);

test("at a terminal it shows how far it is", async () => {
	const { env } = dataIn(newDirectory());
	const { code, shown } = await atTerminal(["backup"], env, []);
	expect([code, shown]).toEqual([0, expect.stringMatching(/━.*verifying[\s\S]*verified/)]);
});
