import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../src/db/sqlite/open";

const at = new Date("2026-01-02T03:04:05.678Z");
const open = (path: string, shared = false) => openSqlite({ path, durability: "full", secret: "s".repeat(32), shared });
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function withDatabase(work: (path: string) => Promise<void>) {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	try {
		await work(join(directory, "minifeed.db"));
	} finally {
		rmSync(directory, { recursive: true });
	}
}

async function person(stores: ReturnType<typeof open>, username: string) {
	const user = { id: username, username, email: `${username}@example.com`, passwordHash: "h", displayName: username };
	await stores.users.create({ ...user, role: "user", createdAt: at, pendingSince: null });
}

const write = (stores: ReturnType<typeof open>, id: string, authorId = "ada") =>
	stores.posts.create({ id, authorId, title: null, content: id, visibility: "public", createdAt: at });

test("what was read in one turn does not change within it, and what a command writes is there in the next", () =>
	withDatabase(async (path) => {
		const server = open(path);
		await person(server, "ada");
		await turn();
		expect(await server.posts.byId("p1", null)).toBeNull();
		const command = open(path, true);
		const writing = write(command, "p1"); // which is done by the time that it returns a promise
		expect(await server.posts.byId("p1", null)).toBeNull();
		await writing;
		await turn();
		expect(await server.posts.byId("p1", null)).not.toBeNull();
		await command.close();
		await server.close();
	}));

test("our own writes are there at once, whoever reads", () =>
	withDatabase(async (path) => {
		const server = open(path);
		await person(server, "ada");
		for (let i = 0; i < 50; i++) {
			expect(await server.posts.byId(`p${i}`, null)).toBeNull();
			await write(server, `p${i}`);
			expect(await server.posts.byId(`p${i}`, "ada")).not.toBeNull();
			await server.posts.remove(`p${i}`);
			expect(await server.posts.byId(`p${i}`, "ada")).toBeNull();
		}
		await server.close();
	}));

test("reading goes on through writes together, and a database is closed whatever is being read", () =>
	withDatabase(async (path) => {
		const server = open(path);
		await person(server, "ada");
		await server.inOneTransaction(async () => {
			await write(server, "p1");
			expect(await server.posts.byId("p1", null)).not.toBeNull();
			await turn();
			await write(server, "p2");
		});
		expect(await server.posts.byId("p2", null)).not.toBeNull();
		await server.close();
		expect((await open(path).posts.byId("p2", null))?.id).toBe("p2");
	}));

test("whether a picture is needed is read as of now, even in a turn that read before", () =>
	withDatabase(async (path) => {
		const server = open(path);
		await person(server, "ada");
		await turn();
		await server.posts.byId("p1", null); // begins the read of this turn
		const command = open(path, true);
		const image = { name: "a".repeat(64), width: 1, height: 1, bytes: 1, placeholder: "", createdAt: at, quota: 9 };
		const writing = command.users.changeProfile("ada", () => ({ avatar: image, updatedAt: at }));
		expect(await server.images.isKept(image.name)).toBe(true);
		await writing;
		await command.close();
		await server.close();
	}));
