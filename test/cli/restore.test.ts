import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { packTar } from "modern-tar";
import { engine } from "../../src/db/open";
import { isReplacePending, replaceFiles, resumeReplaceFiles } from "../../src/db/replace";
import { copyOf, dataIn, newTemporary, stateOf, treeOf, unpacked } from "../support/backup";
import { runs } from "../support/runs";
import { program } from "../support/server";
import { command, withoutEnvFile } from "../support/terminal";

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const newDirectory = () => join(temporary, String(directories++));

/** A backup of one community, made once. */
let backup: string;
let saved: ReturnType<typeof stateOf>;
beforeAll(async () => {
	const { directory, env } = dataIn(newDirectory(), { posts: 30, seed: "saved" });
	saved = stateOf(directory);
	backup = join(temporary, "backup.tar.zst");
	expect((await command(["backup", backup], env)).code).toBe(0);
});
const restore = (env: Record<string, string>, ...args: string[]) => command(["restore", ...args], env);
const refusal = (sentence: string | RegExp) => ({
	code: 1,
	stdout: "",
	stderr: expect.stringMatching(
		new RegExp(`^[^\\n]*${typeof sentence === "string" ? sentence : sentence.source}[^\\n]*\\n$`),
	),
});

test("into a directory that is not there yet, everything comes back, and a server starts on it", async () => {
	const directory = newDirectory();
	const data = join(directory, "data");
	const env = { DATA_DIR: data };
	expect((await restore(env, backup)).code).toBe(0);
	expect(stateOf(data)).toEqual(saved);
	expect(readdirSync(data).sort()).toEqual([
		"minifeed.db",
		"minifeed.db.backup.lock",
		"minifeed.db.lock",
		"minifeed.db.restore.lock",
		"secret.key",
		"uploads",
	]);
	const server = program({}, directory);
	const { items } = (await (await fetch(`${await server.address()}/posts/`)).json()) as {
		items: { image: { url: string } | null }[];
	};
	const url = items.find(({ image }) => image)?.image?.url ?? "";
	expect(await (await fetch((await server.address()) + url)).text()).toStartWith("saved ");
	expect((await server.stop()).code).toBe(0);
});

test("what was there is kept until it is told to go, and can come back", async () => {
	const { directory, env } = dataIn(newDirectory(), { seed: "old" });
	const old = stateOf(directory);
	const { code, stdout } = await restore(env, backup, "--json");
	const told = JSON.parse(stdout);
	expect([code, told]).toMatchObject([
		0,
		{ dry_run: false, files: 12, replaced: { posts: 20 }, counts: { posts: 30 }, key: "restored" },
	]);
	expect(stateOf(directory)).toEqual(saved);
	expect(existsSync(join(told.previous, "minifeed.db"))).toBe(true);

	expect((await restore(env, "--revert")).code).toBe(0);
	expect(stateOf(directory)).toEqual(old);
	expect((await restore(env, "--revert")).code).toBe(0); // and so to and fro
	expect(stateOf(directory)).toEqual(saved);
	expect((await restore(env, "--discard-previous")).stdout).toStartWith("Deleted: ");
	expect(stateOf(directory)).toEqual(saved);
	expect(readdirSync(directory).filter((name) => name.startsWith("previous"))).toEqual([]);
	expect(
		readdirSync(join(directory, "uploads"), { withFileTypes: true }).filter((entry) => entry.isDirectory()),
	).toEqual([]);
	expect(await restore(env, "--revert")).toEqual(refusal("no earlier state"));
});

test("what was replaced last comes back first, though the clock was set back, and a folder with nothing in it is no state", async () => {
	const { directory, env } = dataIn(newDirectory(), { seed: "old" });
	const beginnings = [`${directory}/`, `${directory}/uploads/.`];
	const { previous } = JSON.parse((await restore(env, backup, "--json")).stdout);
	for (const folder of beginnings) {
		renameSync(folder + basename(previous), `${folder}previous-2090-01-01T00-00-00Z`);
		mkdirSync(`${folder}previous-2091-01-01T00-00-00Z`);
	}
	writeFileSync(join(directory, "secret.key"), "l".repeat(64));
	const last = stateOf(directory);
	expect((await restore(env, backup)).stdout).toContain("previous-2091-01-01T00-00-01Z");
	expect((await restore(env, "--revert")).code).toBe(0);
	expect(stateOf(directory)).toEqual(last);
	for (const folder of beginnings) rmSync(`${folder}previous-2091-01-01T00-00-02Z`, { recursive: true });
	expect((await restore(env, "--revert")).stdout).toContain("previous-2090-01-01T00-00-00Z. The replaced data is in");
	expect(stateOf(directory).rows.posts).toHaveLength(20);
});

test("a dry run reads all of it, says what would happen, and touches nothing", async () => {
	const { directory, env } = dataIn(newDirectory(), { seed: "old" });
	const before = treeOf(directory);
	const { code, stdout } = await restore(env, backup, "--dry-run");
	expect([code, stdout]).toEqual([0, expect.stringContaining("It would replace 2 users, 20 posts, 20 comments.")]);
	expect(stdout).toEndWith("Nothing was changed.\n");
	expect(treeOf(directory)).toEqual(before);
	const nowhere = newDirectory();
	expect((await restore({ DATA_DIR: nowhere }, backup, "--dry-run")).code).toBe(0);
	expect(existsSync(nowhere)).toBe(false);
});

test("while a server or a command has the database, nothing is restored; a dry run says so", async () => {
	const { directory, env, path } = dataIn(newDirectory());
	const before = stateOf(directory);
	const unlock = await engine.lock(path, { wait: false });
	expect(await restore(env, backup)).toEqual(refusal("Stop that one first"));
	expect(await restore(env, "--revert")).toEqual(refusal("Stop that one first"));
	expect((await restore(env, backup, "--dry-run")).stdout).toContain("Stop the running server before the ");
	unlock();
	const client = new Database(path);
	client.run("PRAGMA journal_mode = WAL");
	client.query("SELECT count(*) FROM users").get();
	client.run("BEGIN");
	client.query("SELECT count(*) FROM users").get();
	expect(await restore(env, backup)).toEqual(refusal("in use by another program"));
	client.close();
	expect(stateOf(directory)).toEqual(before);
	expect((await restore(env, backup)).code).toBe(0);
}, 20_000);

test("a database elsewhere and pictures elsewhere are restored where they are", async () => {
	const directory = newDirectory();
	const elsewhere = existsSync("/dev/shm") ? join("/dev/shm", `minifeed-${crypto.randomUUID()}`) : newDirectory();
	const env = { DATA_DIR: join(directory, "data"), DATABASE_PATH: join(directory, "db/my.db"), UPLOAD_DIR: elsewhere };
	try {
		for (let n = 0; n < 2; n++) expect((await restore(env, backup)).code).toBe(0);
		renameSync(env.DATABASE_PATH, join(env.DATA_DIR, "minifeed.db"));
		expect(stateOf(env.DATA_DIR, elsewhere)).toEqual(saved);
	} finally {
		rmSync(elsewhere, { recursive: true, force: true });
	}
});

test("over a database that is damaged, and one that was never closed, it is the backup that counts", async () => {
	const { directory, env, path } = dataIn(newDirectory());
	writeFileSync(path, "rubbish ".repeat(10_000));
	writeFileSync(`${path}-wal`, "more rubbish");
	expect((await restore(env, backup)).stdout).toContain("It replaced no readable data.");
	expect(stateOf(directory)).toEqual(saved);
	const kept = readdirSync(directory).find((name) => name.startsWith("previous")) as string;
	expect(readdirSync(join(directory, kept))).toEqual(
		expect.arrayContaining(["minifeed.db", "minifeed.db-wal", "secret.key"]),
	);
	expect((await restore(env, "--revert")).code).toBe(0); // an operator may still rescue data from it
	expect([readFileSync(path, "utf8").slice(0, 8), readFileSync(`${path}-wal`, "utf8")]).toEqual([
		"rubbish ",
		"more rubbish",
	]);
});

test("where there is no room, nothing is changed", async () => {
	const { directory, env } = dataIn(newDirectory());
	const before = treeOf(directory);
	expect(await restore({ ...env, MIN_FREE_BYTES: String(1024 ** 4) }, backup)).toEqual(refusal("no room"));
	expect(treeOf(directory)).toEqual(before);
});

test("cut short at each of its steps, the next command finishes it, and no start sees a mixture", async () => {
	const old = newDirectory();
	dataIn(old, { seed: "old" });
	const prepared = () => {
		const directory = newDirectory();
		copyOf(old, directory);
		const [stage, uploads] = [join(directory, ".restore-x"), join(directory, "uploads")];
		mkdirSync(stage);
		mkdirSync(join(uploads, ".restore-x"));
		for (const [name, data] of Object.entries(unpacked(backup).members))
			if (name.startsWith("uploads/")) writeFileSync(join(uploads, ".restore-x", name.slice(8)), data);
			else writeFileSync(join(stage, name), data);
		for (const [folder, whose] of Object.entries({ [directory]: "old", [stage]: "new" }))
			writeFileSync(join(folder, "minifeed.db-shm"), whose);
		writeFileSync(join(uploads, ".restore-x/.instance"), readFileSync(join(dirname(backup), "0/uploads/.instance")));
		const file = (name: string) => ({
			current: join(directory, name),
			staged: join(stage, name),
			previous: join(directory, "previous-2026", name),
		});
		const folder = {
			current: uploads,
			staged: join(uploads, ".restore-x"),
			placing: join(uploads, ".placing-x"),
			previous: join(uploads, ".previous-2026"),
		};
		return { directory, plan: { files: [file("minifeed.db"), file("secret.key")], folders: [folder] } };
	};
	const crash = new Error("The power went.");
	/** Lets so many renames happen. */
	const only = (most: number) => {
		let done = 0;
		return (from: string, to: string) => {
			if (done++ === most) throw crash;
			renameSync(from, to);
		};
	};

	let steps = 0;
	for (;;) {
		const { directory, plan } = prepared();
		const path = join(directory, "minifeed.db");
		let isDone = true;
		try {
			replaceFiles(path, plan, only(steps));
		} catch {
			isDone = false;
			expect(isReplacePending(path)).toBe(true);
			try {
				resumeReplaceFiles(path, only(1)); // and once more, a step later
			} catch {}
			const { code } = await command(["user", "list"], { DATA_DIR: directory });
			expect(code).toBe(0);
		}
		expect(isReplacePending(path)).toBe(false);
		expect([steps, stateOf(directory)]).toEqual([steps, saved]);
		expect([steps, readFileSync(join(directory, "previous-2026/minifeed.db-shm"), "utf8")]).toEqual([steps, "old"]);
		expect([steps, existsSync(join(directory, ".restore-x/minifeed.db-shm"))]).toEqual([steps, false]);
		const kept = readdirSync(join(directory, "uploads/.previous-2026"));
		expect([steps, kept.length]).toEqual([steps, 9]); // the old ones, and whose they were
		rmSync(directory, { recursive: true });
		if (isDone) break;
		steps++;
	}
	expect(steps).toBeGreaterThan(20);
}, 30_000);

test("killed at any time, what is there is the old or the new", async () => {
	const { directory, env } = dataIn(newDirectory(), { posts: 500, seed: "old" });
	const old = stateOf(directory);
	for (let n = 0; n < 6; n++) {
		const child = Bun.spawn([process.execPath, "src/main.ts", "restore", backup], {
			env: { ...withoutEnvFile, ...env },
			stdout: "ignore",
		});
		const begun = () => readdirSync(directory).some((name) => name.startsWith(".restore-"));
		while (!begun() && child.exitCode === null) await Bun.sleep(1);
		await Bun.sleep(n * 8);
		child.kill("SIGKILL");
		await child.exited;
		expect((await command(["user", "list"], env)).code).toBe(0);
		expect([old, saved]).toContainEqual(stateOf(directory));
		if (Bun.deepEquals(stateOf(directory), saved)) await restore(env, "--revert");
		expect(stateOf(directory)).toEqual(old);
	}
	expect((await restore(env, backup)).code).toBe(0);
	expect(readdirSync(directory).filter((name) => name.startsWith(".restore"))).toEqual([]);
}, 30_000);

describe("a file that is no backup, or not ours, is refused, and touches nothing:", () => {
	type Entry = {
		name: string;
		data?: string | Uint8Array;
		type?: "file" | "symlink" | "link" | "directory";
		linkname?: string;
	};
	const file = () => join(newDirectory(), "hostile.tar.zst");
	const write = (path: string, bytes: Uint8Array) => {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, bytes);
		return path;
	};
	const packed = async (entries: Entry[]) => {
		const tar = await packTar(
			entries.map(({ name, data = "", type = "file", linkname }) => ({
				header: { name, type, linkname, size: type === "file" ? Buffer.byteLength(data) : 0 },
				body: type === "file" ? data : undefined,
			})),
		);
		return write(file(), Bun.zstdCompressSync(tar));
	};
	const sha256 = (data: string | Uint8Array) => new Bun.CryptoHasher("sha256").update(data).digest("hex");
	/** The backup with something else in it, and a manifest that agrees with that. */
	const changed = async (
		change: (members: Record<string, Uint8Array | string>, manifest: Record<string, unknown>) => void,
	) => {
		const { members: original, manifest } = unpacked(backup);
		const { "manifest.json": _, ...members } = original as Record<string, Uint8Array | string>;
		const given = { ...manifest } as Record<string, unknown>;
		change(members, given);
		const list = Object.entries(members).map(([name, data]) => ({
			name,
			bytes: Buffer.byteLength(data),
			sha256: sha256(data),
		}));
		const text = JSON.stringify({
			members: list,
			...given,
			...(given.members === manifest.members ? { members: list } : {}),
		});
		return packed([
			...Object.entries(members).map(([name, data]) => ({ name, data })),
			{ name: "manifest.json", data: text },
		]);
	};
	const withDatabase = (work: (client: Database) => void) => {
		const path = join(newDirectory(), "x.db");
		write(path, unpacked(backup).members["minifeed.db"] as Uint8Array);
		const client = new Database(path);
		work(client);
		client.close();
		return new Uint8Array(readFileSync(path));
	};
	const put = (database: Uint8Array | string) => (members: Record<string, Uint8Array | string>) => {
		members["minifeed.db"] = database;
	};
	const name = "0".repeat(64);

	test.each<[string, () => Promise<string>, RegExp]>([
		["nothing", async () => write(file(), new Uint8Array()), /is damaged or not a backup/],
		["text", async () => write(file(), Buffer.from("hello ".repeat(1000))), /is damaged or not a backup/],
		[
			"the first half",
			async () => write(file(), readFileSync(backup).subarray(0, 6_000)),
			/is damaged or not a backup/,
		],
		[
			"all but the last byte",
			async () => write(file(), readFileSync(backup).subarray(0, -1)),
			/is damaged or not a backup/,
		],
		[
			"something behind it",
			async () => write(file(), Buffer.concat([readFileSync(backup), Buffer.from("x")])),
			/not a backup/,
		],
		["zeros without end", async () => write(file(), Bun.zstdCompressSync(new Uint8Array(200_000_000))), /not a backup/],
		["a path out of the directory", () => packed([{ name: "../evil" }]), /unknown member/],
		["a path out of the pictures", () => packed([{ name: "uploads/../../evil.webp" }]), /unknown member/],
		["an absolute path", () => packed([{ name: "/tmp/evil" }]), /unknown member/],
		["the mark of an instance", () => packed([{ name: "uploads/.instance", data: "x" }]), /unknown member/],
		[
			"a symbolic link",
			() => packed([{ name: "minifeed.db", type: "symlink", linkname: "/etc/passwd" }]),
			/that is not a file/,
		],
		[
			"a hard link",
			() => packed([{ name: `uploads/${name}.webp`, type: "link", linkname: "secret.key" }]),
			/that is not a file/,
		],
		["a directory", () => packed([{ name: "uploads/", type: "directory" }]), /that is not a file/],
		["the same twice", () => packed([{ name: "minifeed.db" }, { name: "minifeed.db" }]), /a member twice/],
		["no manifest", () => packed([{ name: "minifeed.db", data: "x" }]), /no manifest/],
		[
			"a manifest that is none",
			() => packed([{ name: "manifest.json", data: "[]" }]),
			/another program or a newer version wrote its manifest/,
		],
		[
			"another format",
			() => changed((_, manifest) => void Object.assign(manifest, { format: 2 })),
			/or a newer version/,
		],
		[
			"something behind the manifest",
			() =>
				packed([{ name: "manifest.json", data: JSON.stringify(unpacked(backup).manifest) }, { name: "secret.key" }]),
			/goes on after its manifest/,
		],
		[
			"less than it says",
			() =>
				changed((members, manifest) => {
					manifest.members = [...(manifest.members as object[])];
					delete members["secret.key"];
				}),
			/members are missing/,
		],
		[
			"another key than it says",
			() =>
				changed((members, manifest) => {
					manifest.members = [...(manifest.members as object[])];
					members["secret.key"] = "x";
				}),
			/secret.key was changed/,
		],
		["no database", () => changed((members) => void delete members["minifeed.db"]), /no database/],
		[
			"a picture too few",
			() =>
				changed((members) => {
					delete members[Object.keys(members).find((name) => name.endsWith(".webp")) as string];
				}),
			/the picture \w+ is not in it/,
		],
		[
			"other counts",
			() => changed((_, manifest) => void Object.assign(manifest, { counts: { users: 5 } })),
			/differs from its manifest/,
		],
		["text for a database", () => changed(put("x".repeat(9_000))), /is damaged/],
		[
			"another program's database",
			() => changed(put(withDatabase((db) => db.run("PRAGMA application_id = 5")))),
			/not a database of minifeed/,
		],
		[
			"a newer version's database",
			() => changed(put(withDatabase((db) => db.run("INSERT INTO migrations VALUES ('9999_x', '', 0)")))),
			/is of a newer version \(9999_x\)/,
		],
		[
			"rows that belong to nothing",
			() => changed(put(withDatabase((db) => db.run("PRAGMA foreign_keys = OFF; DELETE FROM users WHERE key = 1")))),
			/rows refer to missing rows/,
		],
		[
			"a damaged page",
			() => changed((members) => void (members["minifeed.db"] as Uint8Array).fill(0x55, 20_000, 24_000)),
			/is damaged/,
		],
	])("%s", async (_, make, sentence) => {
		const hostile = await make();
		const { directory, env } = dataIn(newDirectory());
		const before = treeOf(temporary);
		expect(await restore(env, hostile, "--dry-run")).toEqual(refusal(sentence));
		expect(await restore(env, hostile)).toEqual(refusal(sentence));
		expect(treeOf(temporary)).toEqual(before);
		expect(readdirSync(directory).filter((name) => /^\.restore|swap|previous/.test(name))).toEqual([]);
	});

	test("whatever byte of it is another one, it is refused, or it is the same all the same", async () => {
		const bytes = readFileSync(backup);
		const { env } = dataIn(newDirectory());
		const path = write(file(), bytes);
		await fc.assert(
			fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
				const broken = Buffer.from(bytes);
				broken[at] = (broken[at] as number) ^ by;
				writeFileSync(path, broken);
				const { code, stderr } = await restore(env, path, "--dry-run");
				expect([code, stderr.split("\n").length]).toEqual(code === 0 ? [0, 1] : [1, 2]);
				if (code === 0) expect(unpacked(path).members).toEqual(unpacked(backup).members);
			}),
			{ numRuns: runs(40) },
		);
	}, 30_000);
});

test("called wrongly, it says how", async () => {
	for (const args of [[], ["--dry-run"], [backup, "--revert"], ["--revert", "--discard-previous"]])
		expect(await restore({}, ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("name one file") });
	expect(await restore({ DATABASE_PATH: ":memory:" }, backup)).toEqual(refusal("is in memory"));
	expect(await restore({}, "/nowhere")).toEqual(refusal("no file /nowhere"));
});
