import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config";
import { fileSystem } from "../../src/instance/doctor/disk";
import type { Finding } from "../../src/instance/doctor/finding";
import { loadOrCreateSecret } from "../../src/instance/secret-key";
import { command } from "../support/terminal";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
const umask = process.umask(0o077); // as main.ts has it
afterAll(() => {
	process.umask(umask);
	rmSync(temporary, { recursive: true, force: true });
});
const healthy = join(temporary, "healthy");

beforeAll(async () => {
	const env = { DATA_DIR: healthy };
	await command(["seed", "--users", "20", "--posts", "100", "--yes"], env);
	const [, name = ""] = /"username": "(\w+)"/.exec((await command(["user", "list", "--json"], env)).stdout) ?? [];
	await command(["user", "role", name, "admin"], env);
	loadOrCreateSecret(healthy); // as the first start makes it
	const { stdout, code } = await command(["backup", "--json"], env);
	expect([code, stdout]).toEqual([0, expect.stringContaining("tar.zst")]);
});

type Told = { code: number; status: string; fixed: string[]; findings: Finding[] };

async function doctor(env: Record<string, string>, ...more: string[]): Promise<Told> {
	const { code, stdout, stderr } = await command(["doctor", "--json", ...more], env);
	expect(stderr).toBe("");
	return { code, ...JSON.parse(stdout) };
}
/** What is not well, but for what the machine is to blame for that the tests run on. */
const found = ({ findings }: Told) =>
	findings
		.filter(({ check, severity }) => severity !== "ok" && !["disk", "sync"].includes(check))
		.map(({ check, severity }) => `${check}: ${severity}`);

/** A copy of what is well, broken. */
function broken(work: (data: string) => void): string {
	const data = mkdtempSync(join(temporary, "data-"));
	cpSync(healthy, data, { recursive: true });
	chmodSync(data, 0o700);
	work(data);
	return data;
}
const run = (sql: string) => (data: string) => {
	const client = new Database(join(data, "minifeed.db"));
	client.run(sql);
	client.close();
};
const newest = (data: string) => {
	const [name = ""] = [...new Bun.Glob("*.tar.zst").scanSync(join(data, "backups"))];
	return join(data, "backups", name);
};
const long = new Date(Date.now() - 30 * 24 * 60 * 60 * 1000);

test("of what is well it finds nothing but that a disk is one disk", async () => {
	const told = await doctor({ DATA_DIR: healthy });
	expect(found(told)).toEqual(["backups: notice"]);
	expect(told).toMatchObject({ code: 0, status: "notice", fixed: [] });
	for (const check of ["version", "integrity", "schema", "log", "clock", "pictures", "disk", "space", "sync", "secret"])
		expect(told.findings.map((finding) => finding.check)).toContain(check);
	expect(told.findings).toContainEqual(
		expect.objectContaining({ check: "hashing", message: "The native argon2 library hashes passwords." }),
	);
});

test("where nothing was ever started there is nothing wrong, and nothing is made", async () => {
	const told = await doctor({ DATA_DIR: join(temporary, "nowhere") });
	expect([told.code, found(told)]).toEqual([0, ["database: notice"]]);
	expect(existsSync(join(temporary, "nowhere"))).toBe(false);
});

type Case = [what: string, work: (data: string) => void, finding: string, message: RegExp];
const cases: Case[] = [
	[
		"a database that is none",
		(data) => writeFileSync(join(data, "minifeed.db"), "text ".repeat(5_000)),
		"integrity: error",
		/is not a database/,
	],
	["half a database", (data) => truncateSync(join(data, "minifeed.db"), 40_960), "integrity: error", /damaged/],
	["a database that vanished", (data) => rmSync(join(data, "minifeed.db")), "integrity: error", /is missing, but/],
	[
		"a database that vanished with all beside it",
		(data) => {
			for (const suffix of ["", ".initialized"]) rmSync(join(data, `minifeed.db${suffix}`));
			mkdirSync(join(data, "uploads"), { recursive: true });
			writeFileSync(join(data, "uploads/.instance"), "one");
		},
		"integrity: error",
		/The database of the upload folder \S+ is missing/,
	],
	[
		"rows that belong to nothing",
		run("DELETE FROM users WHERE key = 3"),
		"integrity: error",
		/rows refer to missing rows/,
	],
	["a newer database", run("INSERT INTO migrations VALUES ('9999_x', 'x', 1)"), "integrity: error", /newer version/],
	[
		"a database of another program",
		(data) => {
			rmSync(join(data, "minifeed.db"));
			run("CREATE TABLE theirs (a)")(data);
		},
		"integrity: error",
		/another program/,
	],
	[
		"a search index that is empty",
		run("INSERT INTO search_0 (search_0) VALUES ('delete-all')"),
		"search: error",
		/differ in \d{2}/,
	],
	[
		"a post of tomorrow",
		run(`UPDATE posts SET created_at = ${Date.now() + 86_400_000} WHERE key = 1`),
		"clock: error",
		/newest row is of/,
	],
	["no backup", (data) => rmSync(join(data, "backups"), { recursive: true }), "backups: warning", /There is no backup/],
	["a backup that is cut short", (data) => truncateSync(newest(data), 1000), "backups: error", /cannot be restored/],
	[
		"an old backup",
		(data) => renameSync(newest(data), join(data, "backups/minifeed-2026-01-02T03-04-05Z.tar.zst")),
		"backups: warning",
		/hours old/,
	],
	[
		"a backup of a time to come",
		(data) => renameSync(newest(data), join(data, "backups/minifeed-2090-01-02T03-04-05Z.tar.zst")),
		"backups: warning",
		/in the future/,
	],
	[
		"what a restore replaced",
		(data) => mkdirSync(join(data, "previous-2026-01-02T03-04-05Z")),
		"leftovers: notice",
		/restores replaced/,
	],
	[
		"copies from before upgrades",
		(data) => {
			mkdirSync(join(data, "snapshots"));
			writeFileSync(join(data, "snapshots/x.db"), "x");
		},
		"leftovers: notice",
		/before upgrades/,
	],
	["a key that is cut short", (data) => writeFileSync(join(data, "secret.key"), "short"), "secret: error", /too short/],
	["a key that is none", (data) => writeFileSync(join(data, "secret.key"), "a".repeat(64)), "secret: error", /guessed/],
	[
		"a key that vanished",
		(data) => {
			rmSync(join(data, "secret.key"));
			const columns = "subject, owner, kind, by_owner, deleted_at, bytes, head";
			run(`INSERT INTO trash (${columns}) VALUES (x'00', x'00', 'post', 1, 0, 0, x'00')`)(data);
		},
		"secret: error",
		/secret\.key is missing, and SECRET_KEY is not set/,
	],
	[
		"a file where backups should be",
		(data) => {
			rmSync(join(data, "backups"), { recursive: true });
			writeFileSync(join(data, "backups"), "");
		},
		"backups: error",
		/is not a folder/,
	],
	[
		"maintenance",
		(data) => writeFileSync(join(data, "maintenance"), ""),
		"maintenance: notice",
		/read-only for maintenance/,
	],
];

test.each(cases)("%s is found", async (_, work, finding, message) => {
	const told = await doctor({ DATA_DIR: broken(work) });
	expect(found(told)).toContain(finding);
	const [check, severity] = finding.split(": ") as [string, string];
	const one = told.findings.find(
		(finding) => finding.check === check && finding.severity === severity && message.test(finding.message),
	);
	expect(one?.remedy).toBeString();
	expect(told.code).toBe(told.status === "error" ? 4 : told.status === "warning" ? 3 : 0);
});

const settings: [env: Record<string, string>, finding: string][] = [
	[{ SECRET_KEY: "changemechangemechangemechangeme" }, "secret: error"],
	[{ SECRET_KEY: "a".repeat(40) }, "secret: error"],
	[{ HOST: "0.0.0.0" }, "exposure: notice"],
	[{ HOST: "0.0.0.0", RATE_LIMIT: "off" }, "exposure: warning"],
	[{ PUBLIC_URL: "http://feed.example" }, "exposure: warning"],
	[{ DURABILITY: "normal" }, "durability: notice"],
	[{ MIN_FREE_BYTES: String(1024 ** 4) }, "space: error"],
	[{ MIN_FREE_BYTES: String(1024 ** 4) }, "backups: warning"],
	[{ HOST: "0.0.0.0", TRUSTED_PROXIES: "10.0.0.0/8,0.0.0.0/0" }, "exposure: warning"],
	[{ BACKUP_SCHEDULE: "* * * * *" }, "backups: notice"],
];

test.each(settings)("with %p it finds %s", async (env, finding) => {
	expect(found(await doctor({ DATA_DIR: healthy, ...env }))).toContain(finding);
});

test("data in memory is not taken for data on a disk", () => {
	const folder = "/dev/shm";
	const config = loadConfig({ DATA_DIR: folder, UPLOAD_DIR: temporary });
	expect(fileSystem(config)).toMatchObject(
		process.platform === "linux" ? [{ severity: "notice", message: expect.stringContaining("tmpfs") }] : [],
	);
});

test("a proxy that is trusted and a key that is random are well", async () => {
	const env = { PUBLIC_URL: "https://feed.example", TRUSTED_PROXIES: "127.0.0.1", REGISTRATION: "invite" };
	const SECRET_KEY = "q8Z1vN5rT0xY7mK3jH6gB9cD2fL4pW8s";
	expect(found(await doctor({ DATA_DIR: healthy, SECRET_KEY, ...env }))).toEqual(["backups: notice"]);
});

test("what is safe to mend it mends, says so, and finds it well afterwards", async () => {
	const orphan = `${"a".repeat(64)}.webp`;
	const data = broken((data) => {
		run("UPDATE posts SET like_count = 99 WHERE key < 5")(data);
		run("UPDATE users SET followers_count = followers_count + 1 WHERE key = 2")(data);
		mkdirSync(join(data, ".restore-x"));
		mkdirSync(join(data, "uploads"), { recursive: true });
		writeFileSync(join(data, "uploads", orphan), "x");
		for (const name of [".restore-x", `uploads/${orphan}`]) utimesSync(join(data, name), long, long);
		chmodSync(join(data, "uploads"), 0o700);
		if (process.platform !== "win32") chmodSync(join(data, "minifeed.db"), 0o644);
	});
	const before = await doctor({ DATA_DIR: data });
	expect(before.code).toBe(3);
	expect(
		before.findings
			.filter(({ fixable }) => fixable)
			.map(({ check }) => check)
			.sort(),
	).toEqual(
		["counts", "counts", "leftovers", "modes", "pictures"].filter(
			(check) => check !== "modes" || process.platform !== "win32",
		),
	);
	const after = await doctor({ DATA_DIR: data }, "--fix");
	expect(after.code).toBe(0);
	expect(after.fixed).toHaveLength(before.findings.filter(({ fixable }) => fixable).length);
	expect(found(after)).toEqual(["backups: notice"]);
	expect(existsSync(join(data, "uploads", orphan))).toBe(false);
	expect(statSync(join(data, "minifeed.db")).mode & 0o077).toBe(0);
});

test("people read what is wrong and what to do, and last of all how bad it is", async () => {
	const { code, stdout } = await command(["doctor"], {
		DATA_DIR: broken((data) => truncateSync(join(data, "minifeed.db"), 40_960)),
	});
	expect(code).toBe(4);
	expect(stdout).toMatch(/^ERROR {4}The database .* damaged/m);
	expect(stdout).toMatch(/To restore the newest backup, of \S+, run: minifeed restore \S+\.tar\.zst/);
	expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^Errors: 1, warnings: \d+, notices: \d+\./);
});
