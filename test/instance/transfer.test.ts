import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { password } from "../support/app";
import { newTemporary } from "../support/backup";
import { exported, instanceIn } from "../support/moving";
import { form, picture } from "../support/pictures";
import { program } from "../support/server";
import { command, withoutEnvFile } from "../support/terminal";

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
const free = { MIN_FREE_BYTES: "0" };
const lines = (directory: string, name: string) =>
	readFileSync(join(directory, name), "utf8")
		.split("\n")
		.slice(0, -1)
		.map((line) => JSON.parse(line));

test("beside a server under load, an export is of one moment: it comes in whole, and the log does not grow for it", async () => {
	const admin = { ADMIN_USERNAME: "root", ADMIN_EMAIL: "root@example.com", ADMIN_PASSWORD: password };
	const server = program({ ...admin, ...free, RATE_LIMIT: "off" });
	const address = await server.address();
	const data = join(server.directory, "data");
	const send = (method: string, path: string, body?: FormData, token = "") =>
		fetch(address + path, { method, body, headers: token ? { authorization: `Bearer ${token}` } : {} });
	const body = JSON.stringify({ username: "root", password });
	const type = { "content-type": "application/json" };
	const login = await fetch(`${address}/auth/login`, { method: "POST", headers: type, body });
	const { access_token } = (await login.json()) as { access_token: string };

	let isOver = false;
	let written = 0;
	const busy = (async () => {
		const posted: string[] = [];
		for (let n = 0; !isOver; n++) {
			const image = await picture({ at: () => [(n * 40) % 256, (n * 7) % 256, 0] });
			const answer = await send("POST", "/posts/", form({ image, content: `Post ${n} #tea` }), access_token);
			const { id } = (await answer.json()) as { id: string };
			posted.push(id);
			expect((await send("POST", `/likes/posts/${id}/like`, undefined, access_token)).status).toBe(200);
			written++;
			if (posted.length > 10) await send("DELETE", `/posts/${posted.shift()}`, undefined, access_token);
		}
	})();
	for (let n = 0; n < 4; n++) {
		const before = written;
		while (written < before + 12) await Bun.sleep(5);
		const [out, to, again] = ["out", "data", "again"].map((name) => join(temporary, `load-${n}-${name}`)) as [
			string,
			string,
			string,
		];
		const child = Bun.spawn([process.execPath, "src/main.ts", "export", out], {
			env: { ...withoutEnvFile, DATA_DIR: data, ...free },
			cwd: join(import.meta.dir, "../.."),
			stdout: "ignore",
		});
		expect(await child.exited).toBe(0);
		expect(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")).pictures.missing).toBe(0);
		expect(lines(out, "likes.jsonl").length).toBeGreaterThan(8);
		expect(await command(["import", out], { DATA_DIR: to, ...free })).toMatchObject({ code: 0, stderr: "" });
		expect((await command(["export", again], { DATA_DIR: to, ...free })).code).toBe(0);
		expect(exported(again)).toEqual(exported(out));
	}
	isOver = true;
	await busy;
	expect(statSync(join(data, "minifeed.db-wal")).size).toBeLessThan(32 * 1024 ** 2);
	expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
	server.remove();
}, 60_000);

test("killed at any moment, an export leaves nothing that looks whole, and an import the old or the new", async () => {
	const [source, out] = [join(temporary, "source"), join(temporary, "kill/out")];
	await command(["seed", "--users", "100", "--posts", "4000", "--yes"], { DATA_DIR: source });
	mkdirSync(dirname(out));
	/** Runs a command and kills it after a while; says whether it was done before. */
	const cut = async (args: string[], data: string, after: number) => {
		const child = Bun.spawn([process.execPath, "src/main.ts", ...args], {
			env: { ...withoutEnvFile, DATA_DIR: data, ...free },
			cwd: join(import.meta.dir, "../.."),
			stdout: "ignore",
		});
		const timer = setTimeout(() => child.kill("SIGKILL"), after);
		const code = await child.exited;
		clearTimeout(timer);
		return code === 0;
	};
	for (let after = 60; !existsSync(out); after += 80) await cut(["export", out], source, after);
	const check = await command(["import", out, "--dry-run"], { DATA_DIR: join(temporary, "nowhere"), ...free });
	expect(check).toMatchObject({ code: 0, stderr: "" });
	expect(readdirSync(dirname(out))).toEqual(["out"]);

	const data = join(temporary, "killed");
	const people = async () => {
		const { code, stdout, stderr } = await command(["user", "list", "--json"], { DATA_DIR: data });
		if (stderr.startsWith("There is no database")) return 0;
		expect([code, stderr]).toEqual([0, ""]);
		return JSON.parse(stdout).length;
	};
	let kills = 0;
	for (let after = 60; !(await cut(["import", out], data, after)); after += 60) {
		kills++;
		expect([0, 100]).toContain(await people());
		if ((await people()) === 100) break;
	}
	expect(kills).toBeGreaterThan(2);
	expect(await people()).toBe(100);
	// What is left of one that was killed at its very end, the next one deletes; nothing of anybody is in it.
	const left = readdirSync(data).filter((name) => name.startsWith("."));
	expect(left.flatMap((name) => readdirSync(join(data, name))).filter((name) => /\.db$|\.webp$/.test(name))).toEqual(
		[],
	);
	const again = join(temporary, "kill/again");
	expect((await command(["export", again], { DATA_DIR: data, ...free })).code).toBe(0);
	expect(exported(again)).toEqual(exported(out));
}, 60_000);

test("killed at any moment, what one person took along is there once when it is added again", async () => {
	const [source, data] = [join(temporary, "person/source"), join(temporary, "person/data")];
	const server = await instanceIn(source);
	const ada = await server.as("ada");
	for (let n = 0; n < 60; n++)
		await ada.post(
			"/posts/",
			form({ image: await picture({ width: 900, at: () => [n * 4, 0, 0] }), content: `Post ${n}` }),
		);
	const request = new Request("http://localhost/users/me/export", {
		headers: { authorization: `Bearer ${ada.accessToken}` },
	});
	const zip = join(temporary, "ada.zip");
	await Bun.write(zip, await (await server.app.handle(request)).bytes());
	await server.close();
	const there = await instanceIn(data);
	await there.as("ada");
	await there.close();
	let kills = 0;
	for (let code: number | null = null; code !== 0; kills++) {
		const child = Bun.spawn([process.execPath, "src/main.ts", "import", zip, "--as", "ada"], {
			env: { ...withoutEnvFile, DATA_DIR: data, ...free },
			cwd: join(import.meta.dir, "../.."),
			stdout: "ignore",
		});
		const timer = setTimeout(() => child.kill("SIGKILL"), 200 + kills * 40);
		code = await child.exited;
		clearTimeout(timer);
	}
	expect(kills).toBeGreaterThan(2);
	const after = await instanceIn(data);
	const { items } = (await after.anonymous.get("/posts/?author=ada&sort=oldest&limit=100")).body;
	expect(items.map(({ content }: { content: string }) => content)).toEqual(
		Array.from({ length: 60 }, (_, n) => `Post ${n}`),
	);
	for (const { image } of items) expect((await after.anonymous.get(image.url)).status).toBe(200);
	await after.close();
}, 60_000);
