import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "../../src/db/open";
import { verify } from "../crash/verify";
import { random, type Written, writer } from "../crash/writers";
import { password, secret } from "../support/app";
import { program } from "../support/server";

const main = join(import.meta.dir, "../../src/main.ts");

/** A person on a server, who writes. */
async function person(address: string, username: string) {
	const send = (method: string, path: string, body?: object, token?: string) =>
		fetch(address + path, {
			method,
			headers: {
				...(body && { "content-type": "application/json" }),
				...(token && { authorization: `Bearer ${token}` }),
			},
			body: body && JSON.stringify(body),
		});
	const signUp = { username, email: `${username}@example.com`, password };
	const { access_token } = (await (await send("POST", "/auth/register", signUp)).json()) as { access_token: string };
	return (method: string, path: string, body?: object) => send(method, path, body, access_token);
}

test("kills in the middle of many writes lose nothing that was acknowledged, and leave nothing that should not be", async () => {
	const first = program({ RATE_LIMIT: "off" });
	let server = first;
	for (let round = 0; round < 3; round++) {
		const address = await server.address();
		const everybody: Written[] = [];
		const people = Array.from({ length: 6 }, (_, i) =>
			writer(address, { username: `r${round}_${i}`, password, others: everybody, chance: random(round * 10 + i) }),
		);
		const writers = await Promise.all(people);
		everybody.push(...writers.map(({ written }) => written));
		const work = Promise.all(writers.map((writer) => writer.work()));
		while (everybody.reduce((sum, { posts }) => sum + posts.size, 0) < 60) await Bun.sleep(1);
		server.child.kill("SIGKILL");
		await work; // of nobody refused
		await server.exit();

		server = program({ RATE_LIMIT: "off" }, first.directory);
		expect(await verify(await server.address(), join(first.directory, "data"), everybody)).toEqual([]);
	}
	await server.stop();
	first.remove();
}, 60_000);

test("a kill in the middle of deleting a large account, or of bringing it back, is gone on with by the next start", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const env = { SECRET_KEY: secret };
	const path = join(directory, "data/minifeed.db");
	mkdirSync(join(directory, "data"));
	const stores = openStores({ path, durability: "normal", secret });
	const at = new Date();
	const number = 3_000;
	const people = ["ada", "bob"].map((username) => ({ id: crypto.randomUUID(), username }));
	const [ada, bob] = people.map(({ id }) => id) as [string, string];
	await stores.inOneTransaction(async () => {
		const passwordHash = await Bun.password.hash(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
		for (const { id, username } of people) {
			const names = { username, email: `${username}@example.com`, displayName: username };
			await stores.users.create({ id, ...names, passwordHash, role: "user", createdAt: at });
		}
		for (let i = 0; i < number; i++) {
			const post = { id: crypto.randomUUID(), authorId: ada, title: null, content: `Post ${i} #garden` };
			await stores.posts.create({ ...post, visibility: "public", createdAt: at });
			await stores.likes.add({ postId: post.id, userId: bob, createdAt: at });
		}
	});
	await stores.users.remove(ada, { at, byOwner: true, quota: 0 });
	await stores.close();
	/** Rows as they are in the file. */
	const rows = (table: string) => {
		const client = new Database(path);
		const { n } = client.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get() ?? { n: 0 };
		client.close();
		return n;
	};
	expect(rows("posts")).toBeGreaterThan(0);

	const stopped = program(env, directory);
	await stopped.address();
	expect((await stopped.stop()).code).toBe(0); // and does not wait for the rest
	expect(rows("posts")).toBeGreaterThan(0);

	const deleting = program(env, directory);
	await deleting.address();
	const left = rows("posts");
	while (rows("posts") > left / 2) await Bun.sleep(5);
	deleting.child.kill("SIGKILL");
	await deleting.exit();
	expect(rows("posts")).toBeGreaterThan(0);

	const server = program(env, directory);
	const address2 = await server.address();
	const restore = () =>
		fetch(`${address2}/auth/restore`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ username: "ada", password }),
		}).catch(() => null);
	const busy = await restore();
	expect([busy?.status, busy?.headers.get("retry-after")]).toEqual([503, expect.stringMatching(/^\d+$/)]);
	expect((await fetch(`${address2}/users/ada`)).status).toBe(404);
	expect(((await (await fetch(`${address2}/posts/?limit=1`)).json()) as { items: unknown[] }).items).toEqual([]);
	while (rows("posts") > 0) await Bun.sleep(20);
	let restoring = restore();
	while (!(await fetch(`${address2}/users/ada`)).ok) {
		const answer = await Promise.race([restoring, Bun.sleep(1)]);
		if (answer?.status === 503) restoring = restore();
	}
	server.child.kill("SIGKILL");
	expect(await restoring).toBeNull();
	await server.exit();
	expect(rows("posts")).toBeLessThan(number);

	const again = program(env, directory);
	const address3 = await again.address();
	const read = async (path: string) => (await (await fetch(address3 + path)).json()) as Record<string, unknown>;
	while (rows("likes") < number) await Bun.sleep(20); // which come back last
	expect(await read("/users/ada")).toMatchObject({ id: ada, posts_count: number });
	expect((await read("/tags?q=garden")).items).toEqual([{ name: "garden", post_count: number }]);
	expect((await again.stop()).code).toBe(0);
	expect([rows("trash"), rows("trash_parts")]).toEqual([0, 0]);
	again.remove();
}, 60_000);

test("a server whose disk fails acknowledges nothing more, and ends with a sentence", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	// Takes away the descriptor that the log is synced by: the one of its two that was opened last, after SQLite's own.
	const failing = join(directory, "failing.ts");
	writeFileSync(
		failing,
		`import { closeSync, fstatSync, statSync } from "node:fs";
		const isOf = (ino: number) => (file: number) => {
			try {
				return fstatSync(file).ino === ino;
			} catch {
				return false;
			}
		};
		process.on("SIGUSR2", () => {
			const files = Array.from({ length: 256 }, (_, file) => file);
			closeSync(files.findLast(isOf(statSync("data/minifeed.db-wal").ino)) ?? -1);
		});`,
	);
	const server = program({}, directory, [process.execPath, "--preload", failing, main]);
	const ask = await person(await server.address(), "ada");
	expect((await ask("POST", "/posts/", { content: "before" })).status).toBe(201);
	server.child.kill("SIGUSR2");
	await Bun.sleep(100);
	expect(ask("POST", "/posts/", { content: "after" })).rejects.toThrow();
	const { code, stderr } = await server.exit();

	expect(code).toBe(1);
	expect(stderr).toContain("did not keep the last writes to data/minifeed.db (E");
	const again = program({}, directory); // what was acknowledged is there
	const { items } = (await (await fetch(`${await again.address()}/posts/?sort=oldest`)).json()) as {
		items: { content: string }[];
	};
	expect(items[0]?.content).toBe("before");
	await again.stop();
	again.remove();
});
