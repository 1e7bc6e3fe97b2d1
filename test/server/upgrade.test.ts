import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "../support/server";
import { command } from "../support/terminal";
import { contentOf, databaseOf, versions } from "../support/versions";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const newDirectory = () => join(temporary, String(directories++));
const newest = versions.at(-1) as number;
const oldest = 1;

/** A port that nobody has at the moment. */
async function freePort() {
	const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
	const { port } = server; // which it forgets when it stops
	await server.stop(true);
	return String(port);
}

test("a server answers while its database is brought up to date: it is up, not ready, and whoever calls is to come back", async () => {
	const directory = newDirectory();
	const path = join(directory, "data/minifeed.db");
	databaseOf(oldest, path);
	const client = new Database(path);
	client.run("PRAGMA journal_mode = WAL");
	client.run("BEGIN IMMEDIATE"); // as slow as we like
	const port = await freePort();
	const server = program({ PORT: port }, directory);
	const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
	let first: Response | null = null;
	while (!first) {
		await Bun.sleep(20);
		first = await get("/readyz");
	}

	expect([first.status, first.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
	expect(Number(first.headers.get("retry-after"))).toBeGreaterThan(0);
	expect(await first.json()).toMatchObject({ code: "busy", detail: expect.stringContaining("upgrading its database") });
	expect((await get("/livez"))?.status).toBe(200);
	expect((await get("/posts/"))?.status).toBe(503);
	const second = program({ PORT: port }, directory);
	expect(await second.exit()).toMatchObject({ code: 1, stderr: expect.stringContaining(`Port ${port}`) });

	client.run("ROLLBACK");
	client.close();
	expect(await server.address()).toEndWith(`:${port}`);
	expect((await get("/readyz"))?.status).toBe(200);
	const { stdout } = await server.stop();
	expect(stdout).toMatch(
		/upgrade: copying the database, which is at 0001_init.*\n.*upgrade: copied to .*applying 0002_.*\n.*upgrade: rebuilding the search index: 0 of 1 .*\n.*upgrade: done/,
	);
	expect(readdirSync(join(directory, "data/snapshots"))).toHaveLength(1);
});

test("killed at any time while it does so, the database is the old or the new, and the next start goes on", async () => {
	const directory = newDirectory();
	const path = join(directory, "data/minifeed.db");
	for (let n = 0; n < 4; n++) {
		rmSync(join(directory, "data"), { recursive: true, force: true });
		databaseOf(oldest, path, { posts: 3_000 });
		const old = contentOf(path);
		const server = program({}, directory);
		const snapshots = join(directory, "data/snapshots");
		while (!existsSync(snapshots)) await Bun.sleep(1);
		await Bun.sleep(n * 15);
		await server.stop("SIGKILL");
		const status = JSON.parse(
			(await command(["migrate", "status", "--json"], { DATA_DIR: join(directory, "data") })).stdout,
		);
		const applied = status.filter(({ applied_at }: { applied_at: string | null }) => applied_at !== null).length;
		expect([oldest, newest]).toContain(applied);
		expect(contentOf(path, path).users).toHaveLength(2);
		if (applied === oldest) expect(contentOf(path)).toEqual(old);
		const next = program({}, directory);
		await next.address();
		expect(await next.stop()).toMatchObject({ code: 0, stderr: "" });
		expect(contentOf(path).posts).toHaveLength(3_000);
	}
}, 30_000);

test("an upgrade that fails is one sentence, and the older version finds its database as it was", async () => {
	const directory = newDirectory();
	const path = join(directory, "data/minifeed.db");
	databaseOf(oldest, path);
	const client = new Database(path);
	client.run("CREATE TABLE access_tokens (a TEXT)");
	client.close();
	const old = contentOf(path);
	const { code, stderr } = await program({}, directory).exit();
	expect([code, stderr]).toEqual([
		1,
		expect.stringMatching(
			/^The migration 0004_accounts could not be applied \(.*\)\. Nothing was changed\. Start the older.*\n$/,
		),
	]);
	expect(contentOf(path)).toEqual(old);
});

test("rollback says what it would do, does it when no server runs, and keeps what was there", async () => {
	const directory = newDirectory();
	const data = join(directory, "data");
	const path = join(data, "minifeed.db");
	databaseOf(oldest, path);
	const old = contentOf(path);
	const env = { DATA_DIR: data };
	expect(await command(["rollback"], env)).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("no snapshot to roll back to"),
	});
	const server = program({}, directory);
	await server.address();

	const dry = JSON.parse((await command(["rollback", "--dry-run", "--json"], env)).stdout);
	expect(dry).toMatchObject({
		dry_run: true,
		schema: "0001_init",
		server_runs: true,
		counts: { posts: 20 },
		previous: null,
	});
	const refused = await command(["rollback"], env);
	expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Stop that one first")]);
	await server.stop();
	const upgraded = contentOf(path);

	const { code, stdout } = await command(["rollback"], env);
	expect(code).toBe(0);
	expect(stdout).toContain("Start the older version");
	expect(contentOf(path)).toEqual(old);
	const previous = readdirSync(data).find((name) => name.startsWith("previous-")) as string;
	expect(contentOf(join(data, previous, "minifeed.db"))).toEqual(upgraded);
	expect((await command(["rollback"], env)).code).toBe(1); // the snapshot is in use, and there is no other
	expect((await command(["restore", "--revert"], env)).code).toBe(0);
	expect(contentOf(path)).toEqual(upgraded);
});

test("a snapshot that rotted is not put in the place of anything", async () => {
	const data = newDirectory();
	const path = join(data, "minifeed.db");
	databaseOf(oldest, path);
	await command(["migrate", "apply"], { DATA_DIR: data });
	const [snapshot] = readdirSync(join(data, "snapshots"));
	const file = join(data, "snapshots", snapshot as string);
	const bytes = readFileSync(file);
	writeFileSync(file, bytes.fill(0x55, bytes.length / 2));
	const before = readFileSync(path);
	const { code, stderr } = await command(["rollback"], { DATA_DIR: data });
	expect([code, stderr]).toEqual([1, expect.stringMatching(/^The snapshot .* is damaged/)]);
	expect(readFileSync(path).equals(before)).toBe(true);
});
