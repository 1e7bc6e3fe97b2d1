import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { quoted } from "../../src/disk/free-space";
import { password } from "../support/app";
import { newTemporary, treeOf } from "../support/backup";
import { readOnlyFolder, smallDisk, takeAway, takenAway } from "../support/disk";
import { form, picture } from "../support/pictures";
import { program } from "../support/server";

const main = join(import.meta.dir, "../../src/main.ts");

test("on a disk that is full, all that was acknowledged stays, no client is kept from reading, and it goes on by itself", async () => {
	const disk = smallDisk();
	const env = { MIN_FREE_BYTES: "0", RATE_LIMIT: "off" };
	const command = [process.execPath, ...disk.preload, main];
	const server = program(env, disk.directory, command);
	let address = await server.address();
	let token = "";
	const ask = async (method: string, path: string, body?: object) => {
		const response = await fetch(address + path, {
			method,
			headers: {
				...(body && !(body instanceof FormData) && { "content-type": "application/json" }),
				...(token && { authorization: `Bearer ${token}` }),
			},
			body: body instanceof FormData ? body : body && JSON.stringify(body),
		});
		return { status: response.status, body: response.status === 204 ? null : await response.json() };
	};
	const signUp = { username: "ada", email: "ada@example.com", password };
	token = ((await ask("POST", "/auth/register", signUp)).body as { access_token: string }).access_token;
	const acknowledged: string[] = [];
	const post = async () => {
		const { status, body } = await ask("POST", "/posts/", { content: "some text ".repeat(300) });
		if (status === 201) acknowledged.push((body as { id: string }).id);
		return status;
	};
	for (let i = 0; i < 20; i++) expect(await post()).toBe(201);

	await disk.fill(server.child);
	const statuses = new Set<number>();
	for (let i = 0; i < 40; i++)
		for (const status of await Promise.all(Array.from({ length: 8 }, post))) statuses.add(status);
	statuses.delete(201); // what still found room
	expect([...statuses]).toEqual([507]);
	for (const path of ["/posts/", "/feed/", "/auth/me", "/readyz"])
		expect([path, (await ask("GET", path)).status]).toEqual([path, 200]);

	await disk.free(server.child);
	for (let i = 0; i < 20; i++) expect(await post()).toBe(201);
	expect((await ask("POST", "/posts/", form({ content: "A cat", image: await picture() }))).status).toBe(201);
	expect((await ask("DELETE", `/posts/${acknowledged[0]}`)).status).toBe(204);
	acknowledged.shift();
	await server.stop("SIGKILL");

	const again = program(env, disk.directory);
	address = await again.address();
	for (const id of acknowledged) expect((await ask("GET", `/posts/${id}`)).status).toBe(200);
	expect(await again.stop()).toMatchObject({ code: 0, stderr: "" });
	disk.remove();
});

/** A data directory that a server has left. */
async function left() {
	const server = program();
	await server.address();
	await server.stop();
	return server.directory;
}

test.each([
	"data",
	"data/minifeed.db",
	"data/minifeed.db.lock",
	"data/minifeed.db.initialized",
	"data/secret.key",
	"data/uploads",
])("%s of another user is one sentence that says how to mend it, and nothing is touched", async (name) => {
	const directory = await left();
	const before = treeOf(directory);
	const path = join(directory, name);
	const without = takeAway(path);
	const { code, stdout, stderr } = await program({}, directory, [...without, process.execPath, main]).exit();
	if (existsSync(path)) chmodSync(path, 0o700);

	expect(stderr).toMatch(takenAway);
	expect(stderr).toStartWith(`${name} `);
	expect([code, stdout]).toEqual([1, ""]);
	expect(treeOf(directory)).toEqual(before);
	rmSync(directory, { recursive: true });
});

test("what can only be read, and what is of another kind, is one sentence", async () => {
	const started = async (env: Record<string, string>, directory = newTemporary()) => {
		const { code, stdout, stderr } = await program(env, directory).exit();
		expect([code, stdout, stderr.split("\n").length]).toEqual([1, "", 2]);
		rmSync(directory, { recursive: true });
		return stderr;
	};
	const readOnly = readOnlyFolder();
	for (const name of ["DATA_DIR", "UPLOAD_DIR"])
		expect(await started({ [name]: join(readOnly, "minifeed") })).toBe(
			`${readOnly} is on a file system that can only be read. Mount it so that it can be written to, or set ${name} to another place.\n`,
		);

	const directory = newTemporary();
	mkdirSync(join(directory, "data", "minifeed.db"), { recursive: true });
	writeFileSync(join(directory, "data", "uploads"), "");
	expect(await started({ DATABASE_PATH: "other.db" }, directory)).toContain(
		"data/uploads is a file, where a folder should be.",
	);
	mkdirSync(join(directory, "data", "minifeed.db"), { recursive: true });
	expect(await started({}, directory)).toContain("data/minifeed.db is a folder, where a file should be.");
});

test("a path in a command is taken by a shell as it is", async () => {
	for (const path of ["/srv/data/minifeed.db", '/srv/my data/it\'s $HOME; `x` "y".db', "", "ä"]) {
		const { stdout } = Bun.spawnSync(["sh", "-c", `printf %s ${quoted(path)}`]);
		expect(stdout.toString()).toBe(path);
	}
	expect(quoted("/srv/data-1/minifeed.db")).toBe("/srv/data-1/minifeed.db");
});
