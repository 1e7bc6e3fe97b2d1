import { expect, test } from "bun:test";
import { join } from "node:path";
import { newTemporary } from "../support/backup";
import { codes, complaints, faultyServer, openFiles, type Post, startAndStop } from "../support/faulty";
import { program } from "../support/server";

// test/crash/faults.ts lets every operation fail, and those of the executable too; here are some of each kind.
const some = 12;

const codeOf = (at: number) => codes[at % codes.length] as string;

test("a server goes on or ends with a sentence whichever file operation fails, and loses nothing", async () => {
	let on = await faultyServer();
	const { directory } = on.server;
	const made = new Set<string>();
	let before = openFiles(on.server).length;
	for (const does of ["useAll", "backUp"] as const) {
		const count = async () => {
			await on.arm(0, "");
			await on[does](made);
			return on.disarm();
		};
		await count(); // what it only does once
		const most = await count();
		expect(most).toBeGreaterThan(does === "useAll" ? 30 : 2);
		for (let at = 1; at <= most; at += Math.ceil(most / some)) {
			await on.arm(at, codeOf(at));
			try {
				await on[does](made);
				await on.disarm();
			} catch (error) {
				const end = await Promise.race([on.server.exit(), Bun.sleep(10_000)]);
				if (!end) throw error;
				expect([does, at, end.code, complaints(end)]).toEqual([does, at, 1, expect.stringContaining(codeOf(at))]);
				on = await faultyServer(directory);
				before = openFiles(on.server).length;
			}
			// Works again. For a second the server may go on to refuse writes, since it looks no more often whether it may.
			let next = await on.post();
			for (; next.status === 503; next = await on.post()) await Bun.sleep(100);
			expect([does, at, next.status]).toEqual([does, at, 201]);
			made.add(((await next.json()) as Post).id);
		}
	}
	for (const id of made) expect((await on.send("GET", `/posts/${id}`)).status).toBe(200);
	while (openFiles(on.server).length > before) await Bun.sleep(10); // what is closed after an answer
	expect((await on.server.stop()).code).toBe(0);
	on.server.remove();
}, 120_000);

test("a start and a stop end well or with a sentence when a file operation fails", async () => {
	const first = program({}, newTemporary());
	await first.address();
	await first.stop();
	const data = join(first.directory, "data");
	const { count, wrong } = await startAndStop(data, 0, "");
	expect([wrong, count > 100]).toEqual([null, true]);
	for (let at = 3; at < count + 20; at += 48) {
		const two = [at, at + 24].map(async (at) => [at, (await startAndStop(data, at, codeOf(at))).wrong]);
		expect(await Promise.all(two)).toEqual([
			[at, null],
			[at + 24, null],
		]);
	}
	first.remove();
}, 120_000);
