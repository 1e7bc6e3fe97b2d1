import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { seedPassword } from "../../src/seed";
import { bitmap, form } from "../support/pictures";
import { median } from "./load";
import { executable, memory, root, type Server, start, stopAll } from "./servers";

/**
 * `bun test/bench/pictures.ts [folder of JPEGs]`: what pictures cost the executable: how long somebody waits for theirs,
 * how long readers of the feed wait while twenty arrive at once, and how much memory that and the largest pictures take.
 * Without a folder it makes photographs of its own, of 12 megapixels. Linux only: memory is read from /proc.
 */

const directory = mkdtempSync(join(tmpdir(), "minifeed-pictures-"));
const settings = { DATA_DIR: join(directory, "data") };
const folder = process.argv[2];
const photographs = folder ? readdirSync(folder).map((name) => Bun.file(resolve(folder, name))) : await made(20);

for (const command of [
	[process.execPath, "src/build.ts"],
	[executable, "seed", "--users", "200", "--posts", "5000", "--yes"],
]) {
	const child = Bun.spawn(command, { cwd: root, env: { ...process.env, ...settings }, stdout: "ignore" });
	if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed.`);
}
try {
	const bytes = photographs.map(({ size }) => size / 1e6);
	console.log(`${photographs.length} photographs, ${median(bytes).toFixed(1)} MB (median)`);
	await alone();
	await together();
	await largest();
} finally {
	await stopAll();
	rmSync(directory, { recursive: true, force: true });
}

async function alone() {
	const server = await start([executable], settings);
	const headers = await signIn(server);
	const times: number[] = [];
	for (const photograph of photographs) {
		const started = performance.now();
		await upload(server, headers, photograph);
		times.push(performance.now() - started);
	}
	console.log(`one after the other, median, most   ${ms(median(times))}, ${ms(Math.max(...times))}`);
	console.log(`memory at most                      ${memory(server, "most").toFixed(0)} MB`);
	await server.stop();
}

async function together() {
	const server = await start([executable], settings);
	const headers = await signIn(server);
	const read = async () => {
		const started = performance.now();
		const { status } = await fetch(`${server.url}/feed/`, { headers });
		if (status !== 200) throw new Error(`GET /feed/ answered ${status}.`);
		return performance.now() - started;
	};
	for (let i = 0; i < 200; i++) await read();
	let isOver = false;
	const started = performance.now();
	const arriving = Promise.all(photographs.slice(0, 20).map((photograph) => upload(server, headers, photograph)));
	void arriving.finally(() => {
		isOver = true;
	});
	const waits: number[] = [];
	while (!isOver) {
		waits.push(await read());
		await Bun.sleep(2);
	}
	await arriving;
	waits.sort((a, b) => a - b);
	const at = (share: number) => ms(waits[Math.floor(waits.length * share)] ?? Number.NaN);
	console.log(`20 at once, done after              ${ms(performance.now() - started)}`);
	console.log(`GET /feed/ meanwhile, p50, p99, most  ${at(0.5)}, ${at(0.99)}, ${at(0.99999)}, of ${waits.length}`);
	console.log(`memory at most                      ${memory(server, "most").toFixed(0)} MB`);
	await server.stop();
}

/** The most that anybody can have the server unpack. */
async function largest() {
	const server = await start([executable], settings);
	const headers = await signIn(server);
	for (const [width, height, format] of [
		[6000, 4000, "png"],
		[5000, 4000, "webp"],
		[8000, 5000, "jpeg"],
		[8000, 5001, "png"],
	] as const) {
		const source = new Bun.Image(bitmap(width, height, () => [120, 90, 60]))[format]();
		const reply = await send(server, headers, new Blob([await source.bytes()]));
		console.log(
			`${width} × ${height} ${format.padEnd(4)} ${reply.status}, memory at most  ${memory(server, "most").toFixed(0)} MB`,
		);
	}
	await server.stop();
}

type Headers = { authorization: string };

async function upload(server: Server, headers: Headers, image: Blob) {
	const reply = await send(server, headers, image);
	if (reply.status !== 201) throw new Error(`An upload was answered ${reply.status}: ${await reply.text()}`);
	await reply.arrayBuffer();
}

function send({ url }: Server, headers: Headers, image: Blob) {
	return fetch(`${url}/posts/`, { method: "POST", headers, body: form({ image }) });
}

async function signIn({ url }: Server): Promise<Headers> {
	const reply = await fetch(`${url}/auth/login`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username: "ada", password: seedPassword }),
	});
	const { access_token } = (await reply.json()) as { access_token: string };
	return { authorization: `Bearer ${access_token}` };
}

/** Large shapes, small ones, and the noise of a sensor, so that they take as many bytes as photographs do. */
async function made(count: number): Promise<Blob[]> {
	const [width, height] = [4000, 3000];
	const noise = Uint8Array.from({ length: 65_521 }, () => (Math.random() + Math.random() - 1) * 14 + 128);
	const wave = (x: number, y: number, scale: number) => Math.sin(x / scale) * Math.cos(y / scale);
	let n = 0;
	const bytes = bitmap(width, height, (x, y) => {
		const light =
			128 +
			60 * wave(x, y, 400) +
			25 * wave(y, x, 60) +
			10 * wave(x + y, x, 7) +
			(noise[n++ % noise.length] ?? 0) -
			128;
		return [light, light * 0.9, light * 0.7];
	});
	const photographs: Blob[] = [];
	for (let i = 0; i < count; i++) {
		bytes.fill(i * 10, 54 + i * 1_000_000, 54 + i * 1_000_000 + 200_000); // each another one
		photographs.push(new Blob([await new Bun.Image(bytes).jpeg({ quality: 90 }).bytes()]));
	}
	return photographs;
}

function ms(milliseconds: number): string {
	return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
}
