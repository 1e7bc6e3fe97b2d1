import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { password } from "../support/app";
import { newTemporary } from "../support/backup";
import { exported, instanceIn } from "../support/moving";
import { command } from "../support/terminal";

/**
 * Files of version 0.1.0: an instance transfer, a takeout of ada, and the trash of the same instance with a post of ada, a
 * comment of bob and the account of eve.
 */
const released = join(import.meta.dir, "../fixtures/released");
type Value = string | number | null | { hex: string };
type Trash = {
	ids: Record<"post" | "comment" | "account" | "eves" | "kept", string>;
	// biome-ignore lint/suspicious/noExplicitAny: answers of the API
	before: Record<string, any>;
	tables: Record<string, Record<string, Value>[]>;
};
const trash: Trash = await Bun.file(join(released, "trash.json")).json();

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

async function imported(name: string): Promise<string> {
	const directory = join(temporary, name);
	mkdirSync(join(directory, "uploads"), { recursive: true });
	const env = { DATA_DIR: directory, MIN_FREE_BYTES: "0" };
	expect(await command(["import", join(released, "transfer")], env)).toMatchObject({ code: 0, stderr: "" });
	return directory;
}

test("an instance transfer of the first release is read, and written again as the same bytes", async () => {
	const directory = await imported("transfer");
	const again = join(temporary, "again");
	const env = { DATA_DIR: directory, MIN_FREE_BYTES: "0" };
	expect((await command(["export", again], env)).code).toBe(0);
	const { "manifest.json": _, ...files } = exported(join(released, "transfer"));
	expect(exported(again)).toMatchObject(files);
});

test("a takeout has the files, and each item the names, of the first release", async () => {
	const directory = await imported("takeout");
	const server = await instanceIn(directory);
	const { body } = await server.anonymous.post("/auth/login", { username: "ada", password });
	const headers = { authorization: `Bearer ${body.access_token}` };
	const response = await server.app.handle(new Request("http://localhost/users/me/export", { headers }));
	const shapeOf = (zip: Uint8Array) =>
		Object.entries(unzipSync(zip)).flatMap(([name, bytes]) => {
			if (name.startsWith("pictures/0")) return [];
			if (!name.endsWith(".json")) return [[name]];
			const content = JSON.parse(Buffer.from(bytes).toString());
			return [[name, ...Object.keys(Array.isArray(content) ? (content[0] ?? {}) : content)]];
		});
	const old = shapeOf(await Bun.file(join(released, "takeout.zip")).bytes());
	expect(old).toHaveLength(10);
	expect(shapeOf(await response.bytes())).toEqual(expect.arrayContaining(old));
	await server.close();
	const takeIn = ["import", join(released, "takeout.zip"), "--as", "bob", "--json"];
	const { stdout } = await command(takeIn, { DATA_DIR: directory, MIN_FREE_BYTES: "0" });
	expect(JSON.parse(stdout)).toMatchObject({ posts: { added: 2 }, likes: { added: 3 } });
});

test("entries that the first release sealed come back, each row where it was", async () => {
	const directory = await imported("trash");
	const client = new Database(join(directory, "minifeed.db"));
	for (const [table, rows] of Object.entries(trash.tables))
		for (const row of rows) {
			const values = Object.values(row).map((value) =>
				typeof value === "object" && value !== null ? Buffer.from(value.hex, "hex") : value,
			);
			client.query(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${values.map(() => "?")})`).run(...values);
		}
	client.close();

	const server = await instanceIn(directory);
	const { ids, before } = trash;
	const { body } = await server.anonymous.post("/auth/login", { username: "bob", password });
	const bob = server.withToken(body.access_token);
	const since = new Date(0);
	for (const id of [ids.account, ids.post, ids.comment])
		expect(await server.stores.trash.restore(id, { since })).toMatchObject({ id });
	expect((await bob.get(`/posts/${ids.post}`)).body).toEqual(before["post"]);
	expect((await bob.get(`/posts/${ids.eves}`)).body).toEqual(before["eves"]);
	expect((await bob.get("/users/eve")).body).toEqual(before["profile"]);
	expect((await bob.get(`/posts/${ids.kept}`)).body).toEqual(before["kept"]);
	expect((await bob.get(`/comments/posts/${ids.kept}/comments`)).body.items).toEqual(before["comments"]);
	expect((await bob.get(`/likes/posts/${ids.kept}/likes`)).body.items).toEqual(before["likes"]);
	const mentioning = (await bob.get("/posts/?q=%40eve&sort=oldest")).body.items;
	expect(new Set(mentioning.map(({ id }: { id: string }) => id))).toEqual(new Set(before["mentioned"]));
	expect(await server.stores.trash.page({ since }, { limit: 10 })).toEqual({ items: [], nextCursor: null });
	await server.close();
});
