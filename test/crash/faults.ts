import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { newTemporary } from "../support/backup";
import { codes, complaints, faultyServer, type Post, startAndStop } from "../support/faulty";
import { program } from "../support/server";

/**
 * `bun test/crash/faults.ts [--every 1] [--calls 40] [--executable dist/minifeed]`: lets one file operation fail after the
 * other, with each code. From source, at a start, a stop and in between, every operation of the program's own; on the
 * executable, by strace (Linux), the first so many of each system call, those of SQLite among them. Each time the server has to go on,
 * or end with exit code 1 and a sentence, and all that it acknowledged has to be there after a restart. Takes an hour.
 */
const { values: options } = parseArgs({
	options: {
		every: { type: "string", default: "1" },
		calls: { type: "string", default: "40" },
		executable: { type: "string", default: join(import.meta.dir, "../../dist/minifeed") },
	},
});
const every = Number(options.every);
const executable = resolve(options.executable);

/** System calls that reach files. */
const systemCalls = ["openat", "pread64", "pwrite64", "write", "fsync", "fdatasync", "ftruncate", "renameat", "unlink"];

let [looked, wrong] = [0, 0];
function look(what: string, complaint: string | null) {
	looked++;
	if (complaint === null) return;
	wrong++;
	process.exitCode = 1;
	console.log(`${what}: ${complaint}`);
}

const first = program({}, newTemporary());
await first.address();
await first.stop();
const data = join(first.directory, "data");
const { count } = await startAndStop(data, 0, "");
for (const code of codes)
	for (let at = 1; at < count + 30; at += every)
		look(`start and stop, operation ${at}, ${code}`, (await startAndStop(data, at, code)).wrong);
first.remove();
console.log(`starts and stops: ${looked}, ${wrong} wrong`);

for (const does of ["useAll", "backUp"] as const) {
	const most = await used(does, 0, "");
	for (const code of codes) for (let at = 1; at <= most; at += every) await used(does, at, code);
}
console.log(`with those in between: ${looked}, ${wrong} wrong`);

if (Bun.which("strace") !== null)
	for (const call of systemCalls)
		for (const code of call === "openat" ? codes : ["EIO", "ENOSPC"])
			for (let at = 1; at <= Number(options.calls); at += every) await traced(call, at, code);
console.log(`with the executable: ${looked}, ${wrong} wrong`);

/** Lets an operation fail while a server is used. Gives how many operations there were. */
async function used(does: "useAll" | "backUp", at: number, code: string): Promise<number> {
	const on = await faultyServer();
	const made = new Set<string>();
	let operations = 0;
	let complaint: string | null = null;
	try {
		await on[does](made);
		await on.arm(at, code);
		await on[does](made);
		operations = await on.disarm();
		const next = await on.post();
		if (next.status === 201) made.add(((await next.json()) as Post).id);
		else if (next.status !== 503) complaint = `the next post is answered with ${next.status}`;
	} catch (error) {
		complaint = String(error);
	}
	const { directory } = on.server;
	const end = await on.server.stop();
	if (end.code === 1 && complaints(end) !== "") complaint = null; // the caller met the end of the server
	if (complaint === null && end.code > 1) complaint = `exit code ${end.code}`;
	look(`${does}, operation ${at}, ${code}`, complaint ?? (await lost(directory, made)));
	on.server.remove();
	return operations;
}

/** Lets a system call of the executable fail, wherever in its life that is. */
async function traced(call: string, at: number, code: string) {
	const directory = newTemporary();
	const before = program({}, directory, [executable]);
	await before.address();
	await before.stop();
	const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:error=${code}:when=${at}`, "-o", "/dev/null"];
	const command = ["strace", "-D", "-f", "-qqq", ...inject, executable];
	const made = new Set<string>();
	let complaint: string | null = null;
	const server = program({ RATE_LIMIT: "off" }, directory, command);
	const address = await Promise.race([server.address().catch(() => null), Bun.sleep(20_000)]);
	if (address) complaint = await write(address, made);
	const end = await Promise.race([server.stop(), Bun.sleep(30_000)]);
	if (!end) {
		server.child.kill("SIGKILL");
		complaint = "it did not end";
	} else if (end.code !== 0 && complaints(end) === "") complaint = `exit code ${end.code}, and not a word`;
	else if (end.code === 0 && !address) complaint = "it did not start, and left with 0";
	else if (end.code === 1) complaint = null;
	look(`${call} ${at}, ${code}`, complaint ?? (await lost(directory, made)));
	rmSync(directory, { recursive: true });
}

/** Writes as a new person. Gives what was wrong with an answer. */
async function write(address: string, made: Set<string>): Promise<string | null> {
	const json = { "content-type": "application/json" };
	const login = { username: "ada", password: "correct horse battery" };
	const account = { ...login, email: "ada@example.com" };
	const send = (path: string, body: object, headers = {}) =>
		fetch(address + path, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
	try {
		for (let i = 0; i < 5; i++) {
			const signedIn = await (i === 0 ? send("/auth/register", account) : send("/auth/login", login));
			if (!signedIn.ok) continue;
			const { access_token } = (await signedIn.json()) as { access_token: string };
			const posted = await send("/posts/", { content: "A cat" }, { authorization: `Bearer ${access_token}` });
			if (posted.status === 201) made.add(((await posted.json()) as Post).id);
			else if (![500, 503, 507].includes(posted.status)) return `a post is answered with ${posted.status}`;
		}
		return null;
	} catch (error) {
		return String(error);
	}
}

/** The acknowledged posts that a restart lost. */
async function lost(directory: string, made: Set<string>): Promise<string | null> {
	const again = program({}, directory);
	const address = await again.address().catch((error) => String(error));
	if (!address.startsWith("http")) return `the next start: ${address}`;
	let missing = 0;
	for (const id of made) if ((await fetch(`${address}/posts/${id}`)).status !== 200) missing++;
	await again.stop();
	return missing === 0 ? null : `${missing} acknowledged posts are gone`;
}
