import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "../../src/db/open";
import { secret } from "../support/app";

const week = 7 * 24 * 60 * 60 * 1000;

test("what is large comes back in steps, in which others have their turn, and after a crash all the same", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const path = join(directory, "minifeed.db");
	const open = () => openStores({ path, durability: "normal", secret });
	const at = new Date();
	let stores = open();
	for (const id of ["ada", "bob"])
		await stores.users.create({
			id,
			username: id,
			email: `${id}@example.com`,
			passwordHash: "hash",
			role: "user",
			displayName: id,
			createdAt: at,
		});
	const number = 1_700;
	await stores.inOneTransaction(async () => {
		for (let i = 0; i < number; i++) {
			const post = { id: `p${i}`, authorId: "ada", title: null, content: `word ${i} #t${i % 9}` };
			await stores.posts.create({ ...post, visibility: "public", createdAt: at });
			await stores.likes.add({ postId: `p${i}`, userId: "bob", createdAt: at });
		}
	});
	const filter = { since: new Date(0) };
	const moveToTrash = { at, byOwner: true, quota: 0 };
	await stores.users.remove("ada", moveToTrash);
	expect(stores.trash.restore("ada", filter)).rejects.toMatchObject({ code: "busy" });
	await stores.trash.resume();

	const [first, second] = [stores.trash.restore("ada", filter), stores.trash.restore("ada", filter)];
	expect(second).rejects.toMatchObject({ code: "busy" });
	await new Promise(setImmediate);
	const half = await stores.users.profileByUsername("ada", null);
	expect(half?.postsCount).toBeGreaterThan(0);
	expect(half?.postsCount).toBeLessThan(number);
	expect(stores.users.remove("ada", moveToTrash)).rejects.toMatchObject({ code: "busy" });
	expect(stores.posts.remove(`p${number - 1}`, moveToTrash)).rejects.toMatchObject({ code: "busy" });
	expect((await first)?.id).toBe("ada");
	expect((await stores.users.profileByUsername("ada", null))?.postsCount).toBe(number);

	await stores.users.remove("ada", moveToTrash);
	await stores.trash.resume();
	const interrupted = stores.trash.restore("ada", filter).catch(() => null);
	await new Promise(setImmediate);
	await stores.close();
	await interrupted;
	stores = open();
	expect((await stores.users.profileByUsername("ada", null))?.postsCount).toBeLessThan(number);
	expect(await stores.trash.sweep(new Date(at.getTime() + week))).toBe(0);
	await stores.trash.resume();
	expect((await stores.users.profileByUsername("ada", null))?.postsCount).toBe(number);
	const last = await stores.posts.byId(`p${number - 1}`, null);
	expect([last?.likeCount, (await stores.posts.byId("p0", null))?.likeCount]).toEqual([1, 1]);
	await stores.close();
	const client = new Database(path, { readonly: true });
	expect(client.query<{ n: number }, []>("SELECT count(*) AS n FROM trash_parts").get()?.n).toBe(0);
	client.close();
	rmSync(directory, { recursive: true });
});

test("a restore, a resume and another deletion that meet destroy nothing", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const stores = openStores({ path: join(directory, "minifeed.db"), durability: "normal", secret });
	const at = new Date();
	const moveToTrash = { at, byOwner: true, quota: 0 };
	const filter = { since: new Date(0) };
	for (let round = 0; round < 5; round++) {
		const [leaver, other] = [`leaver${round}`, `other${round}`];
		for (const id of [leaver, other]) {
			const names = { id, username: id, email: `${id}@example.com`, displayName: id };
			await stores.users.create({ ...names, passwordHash: "hash", role: "user", createdAt: at });
		}
		await stores.inOneTransaction(async () => {
			for (let i = 0; i < 700; i++) {
				const post = { id: `p${round}-${i}`, authorId: leaver, title: null, content: `word ${i}`, createdAt: at };
				await stores.posts.create({ ...post, visibility: "public" });
			}
		});
		await stores.posts.create({
			...{ id: `kept${round}`, authorId: other, title: null, content: "kept", visibility: "public", createdAt: at },
		});
		await stores.users.remove(leaver, moveToTrash);
		await stores.trash.resume();
		const restoring = stores.trash.restore(leaver, filter);
		await new Promise(setImmediate);
		const resuming = stores.trash.resume();
		const deleting = restoring.then(() => stores.posts.remove(`kept${round}`, moveToTrash));
		await Promise.all([restoring, resuming, deleting]);
		expect((await stores.users.profileByUsername(leaver, null))?.postsCount).toBe(700);
		expect(await stores.trash.restore(`kept${round}`, filter)).toMatchObject({ id: `kept${round}` });
	}
	await stores.close();
	rmSync(directory, { recursive: true });
});

test("under another secret, what was coming back or being deleted stays as it is, and goes on under the right one", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const path = join(directory, "minifeed.db");
	const open = (secret: string) => openStores({ path, durability: "normal", secret });
	const at = new Date();
	const [moveToTrash, filter] = [{ at, byOwner: true, quota: 0 }, { since: new Date(0) }];
	const number = 900;
	const rows = (sql: string) => {
		const client = new Database(path);
		const found = client.query(sql).values();
		client.close();
		return found;
	};
	let stores = open(secret);
	for (const id of ["ada", "bob"]) {
		const names = { id, username: id, email: `${id}@example.com`, displayName: id };
		await stores.users.create({ ...names, passwordHash: "hash", role: "user", createdAt: at });
	}
	await stores.inOneTransaction(async () => {
		for (let i = 0; i < 2 * number; i++) {
			const post = { id: `p${i}`, authorId: i % 2 ? "ada" : "bob", title: null, content: `word ${i}`, createdAt: at };
			await stores.posts.create({ ...post, visibility: "public" });
		}
	});
	await stores.users.remove("ada", moveToTrash);
	await stores.trash.resume();
	const restoring = stores.trash.restore("ada", filter);
	await new Promise(setImmediate);
	await stores.close();
	await restoring;
	stores = open(secret);
	await stores.users.remove("bob", moveToTrash);
	await stores.close();
	const all = [
		"SELECT * FROM trash",
		"SELECT * FROM trash_parts",
		"SELECT key, gone_at FROM posts",
		"SELECT * FROM users",
	];
	const half = all.map(rows);
	expect(half[2]?.length).toBeGreaterThan(10);

	stores = open("another secret, long enough to sign with, too");
	await stores.trash.resume();
	await stores.close();
	expect(all.map(rows)).toEqual(half);

	stores = open(secret);
	await stores.trash.resume();
	expect((await stores.users.profileByUsername("ada", null))?.postsCount).toBe(number);
	expect(await stores.trash.restore("bob", filter)).toMatchObject({ id: "bob" });
	expect((await stores.users.profileByUsername("bob", null))?.postsCount).toBe(number);
	await stores.close();
	rmSync(directory, { recursive: true });
});

test("a large entry is deleted for good step by step, and nothing of it is left", async () => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	const path = join(directory, "minifeed.db");
	const stores = openStores({ path, durability: "normal", secret });
	const at = new Date();
	for (const id of ["ada", "bob"]) {
		const names = { id, username: id, email: `${id}@example.com`, displayName: id };
		await stores.users.create({ ...names, passwordHash: "hash", role: "user", createdAt: at });
	}
	await stores.inOneTransaction(async () => {
		for (let i = 0; i < 3_000; i++) {
			const post = { id: `p${i}`, authorId: "ada", title: null, content: `word ${i} `.repeat(100), createdAt: at };
			await stores.posts.create({ ...post, visibility: "private" });
		}
	});
	const moveToTrash = { at, byOwner: true, quota: 0 };
	const filter = { since: new Date(0) };
	await stores.posts.remove("p0", moveToTrash);
	await stores.users.remove("ada", moveToTrash);
	await stores.trash.resume();
	const removing = stores.trash.remove("ada", filter);
	await new Promise(setImmediate);
	expect(await stores.trash.restore("ada", filter)).toBeNull();
	expect(await stores.trash.accounts("ada", filter)).toEqual([]);
	expect((await stores.trash.page(filter, { limit: 10 })).items).toEqual([]);
	expect(await removing).toMatchObject({ id: "ada" });
	await stores.close();
	const client = new Database(path);
	for (const table of ["trash", "trash_parts", "trash_logins", "posts"])
		expect([table, client.query(`SELECT * FROM ${table}`).all()]).toEqual([table, []]);
	client.close();
	rmSync(directory, { recursive: true });
});
