import { afterAll, beforeAll, expect, jest, test } from "bun:test";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config";
import { filesOf } from "../../src/media/files";
import { scheduledBackups } from "../../src/server/backup-schedule";
import { password } from "../support/app";
import { dataIn, newTemporary, stateOf, unpacked } from "../support/backup";
import { form, picture } from "../support/pictures";
import { type Program, program } from "../support/server";
import { command, withoutEnvFile } from "../support/terminal";

const temporary = newTemporary();
let server: Program;
let address: string;
let headers: { authorization: string };
let data: string;
beforeAll(async () => {
	const admin = { ADMIN_USERNAME: "root", ADMIN_EMAIL: "root@example.com", ADMIN_PASSWORD: password };
	server = program({ ...admin, MIN_FREE_BYTES: "0", BACKUP_KEEP: "100", RATE_LIMIT: "off", TRASH_DAYS: "0" });
	address = await server.address();
	data = join(server.directory, "data");
	const body = JSON.stringify({ username: "root", password });
	const signedIn = await fetch(`${address}/auth/login`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body,
	});
	const { access_token } = (await signedIn.json()) as { access_token: string };
	headers = { authorization: `Bearer ${access_token}` };
});
afterAll(async () => {
	expect(await server.stop()).toMatchObject({ code: 0, stderr: "" });
	server.remove();
	rmSync(temporary, { recursive: true, force: true });
});

type Backup = { name: string; state: string; bytes: number };
const list = async () =>
	((await (await fetch(`${address}/admin/backups`, { headers })).json()) as { items: Backup[] }).items;

/** Has one made, and waits for it. */
async function backUp(): Promise<string> {
	const begun = await fetch(`${address}/admin/backups`, { method: "POST", headers });
	const { name } = (await begun.json()) as Backup;
	for (;;) {
		const found = (await list()).find((backup) => backup.name === name);
		if (found?.state === "done") return name;
		expect(found?.state).toBe("running");
		await Bun.sleep(20);
	}
}
const post = async (n: number) => {
	const body = form({ image: await picture({ at: () => [(n * 40) % 256, (n * 7) % 256, 0] }), content: `Post ${n}` });
	const answer = await fetch(`${address}/posts/`, { method: "POST", headers, body });
	return ((await answer.json()) as { id: string }).id;
};

test("while people post and delete, every backup is whole: each of its posts has its picture, and comes back", async () => {
	let isOver = false;
	const busy = (async () => {
		const posted: string[] = [];
		for (let n = 0; !isOver; n++) {
			posted.push(await post(n));
			if (posted.length < 10) continue;
			expect((await fetch(`${address}/posts/${posted.shift()}`, { method: "DELETE", headers })).status).toBe(204);
		}
		return posted;
	})();
	const names: string[] = [];
	for (let n = 0; n < 4; n++) names.push(await backUp());
	isOver = true;
	await busy;
	for (const name of names) {
		const file = join(data, "backups", name);
		const { manifest } = unpacked(file);
		expect(manifest.missing).toEqual([]);
		const env = { DATA_DIR: join(temporary, name), MIN_FREE_BYTES: "0" };
		expect((await command(["restore", file], env)).code).toBe(0);
		const { rows, pictures } = stateOf(env.DATA_DIR);
		expect(rows.posts).toHaveLength(manifest.counts.posts as number);
		const shown = new Set((rows.images as { name: string }[]).map(({ name }) => name));
		expect(pictures.map(([file]) => file).filter((file) => file !== ".instance")).toEqual(
			[...shown].flatMap(filesOf).sort(),
		);
	}
	// What was deleted while a backup needed it goes when that is done.
	const answer = await fetch(`${address}/posts/?limit=100`);
	const { items } = (await answer.json()) as { items: { image_url: string }[] };
	const shown = new Set(items.map(({ image_url }) => image_url)).size;
	const pictures = () => readdirSync(join(data, "uploads")).filter((name) => name.endsWith(".webp")).length;
	while (pictures() !== 2 * shown) await Bun.sleep(50);
}, 60_000);

test("a part of a backup can be fetched, and what is fetched is what is there", async () => {
	const name = await backUp();
	const bytes = await Bun.file(join(data, "backups", name)).bytes();
	const whole = await fetch(`${address}/admin/backups/${name}`, { headers });
	expect(new Uint8Array(await whole.arrayBuffer())).toEqual(bytes);
	const part = await fetch(`${address}/admin/backups/${name}`, { headers: { ...headers, range: "bytes=10-19" } });
	expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 10-19/${bytes.length}`]);
	expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(10, 20));
});

test("a server that stops or is killed takes its backup with it, and nothing of that stays", async () => {
	const { directory } = dataIn(join(temporary, "killed/data"), { posts: 3_000 });
	const env = {
		BACKUP_SCHEDULE: "0 4 * * *",
		ADMIN_USERNAME: "root",
		ADMIN_EMAIL: "r@example.com",
		ADMIN_PASSWORD: password,
	};
	const folder = join(directory, "backups");
	const stages = () => (existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(".backup-")) : []);
	for (const signal of ["SIGTERM", "SIGKILL"] as const) {
		const running = program({ ...env, MIN_FREE_BYTES: "0" }, join(directory, ".."));
		const at = await running.address();
		const body = JSON.stringify({ username: "root", password });
		const type = { "content-type": "application/json" };
		const login = await fetch(`${at}/auth/login`, { method: "POST", headers: type, body });
		const { access_token } = (await login.json()) as { access_token: string };
		await fetch(`${at}/admin/backups`, { method: "POST", headers: { authorization: `Bearer ${access_token}` } });
		while (stages().length === 0) await Bun.sleep(1);
		await running.stop(signal);
		if (signal === "SIGTERM") expect(stages()).toEqual([]);
	}
	const next = program({ ...env, MIN_FREE_BYTES: "0" }, join(directory, ".."));
	await next.address();
	expect((await next.stop()).code).toBe(0);
	while (stages().length > 0) await command(["backup"], { DATA_DIR: directory, MIN_FREE_BYTES: "0" });
}, 30_000);

test("a schedule waits while the clock is not trusted, and then makes one", async () => {
	const { env } = dataIn(join(temporary, "untrusted"));
	const told: string[] = [];
	const say = (...args: unknown[]) => void told.push(String(args.at(-1)));
	jest.useFakeTimers({ now: new Date("2026-11-23T03:59:00") });
	let isTrusted = false;
	const all = { ...env, BACKUP_SCHEDULE: "0 4 * * *", ...withoutEnvFile };
	const backups = scheduledBackups({
		config: loadConfig(all),
		env: all,
		log: { info: say, warn: say, error: say } as never,
		clock: { now: () => new Date(), steadyNow: () => new Date(), isTrusted: () => isTrusted },
		command: ["false"],
	});
	try {
		jest.advanceTimersByTime(30 * 60_000);
		await backups.service.ended();
		expect(told).toEqual([]);
		isTrusted = true;
		jest.advanceTimersByTime(30 * 60_000);
		await backups.service.ended();
		expect(told).toEqual([expect.stringMatching(/^backup failed/)]);
	} finally {
		jest.useRealTimers();
		await backups.end();
	}
});

test("a schedule makes one when its time has come, and says when it could not", async () => {
	const { env, directory } = dataIn(join(temporary, "scheduled"));
	const told: string[] = [];
	const say = (...args: unknown[]) => void told.push(String(args.at(-1)));
	jest.useFakeTimers({ now: new Date("2026-11-23T03:59:00") });
	const all = { ...env, BACKUP_SCHEDULE: "0 4 * * *", MIN_FREE_BYTES: "0", ...withoutEnvFile };
	const backups = scheduledBackups({
		config: loadConfig(all),
		env: all,
		log: { info: say, warn: say, error: say } as never,
		command: [process.execPath, join(import.meta.dir, "../../src/main.ts")],
	});
	try {
		jest.advanceTimersByTime(30_000);
		await backups.service.ended();
		expect(told).toEqual([]);
		jest.advanceTimersByTime(31_000);
		await backups.service.ended();
		expect(told).toEqual(["backup created"]);
		expect(await backups.service.list()).toHaveLength(1);
	} finally {
		jest.useRealTimers();
		await backups.end();
	}
	rmSync(join(directory, "backups"), { recursive: true });
	writeFileSync(join(directory, "backups"), "no folder");
	expect(await command(["backup"], env)).toMatchObject({ code: 1 });
}, 20_000);
