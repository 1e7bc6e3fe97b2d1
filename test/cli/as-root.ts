import { cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { picture } from "../support/pictures";

/**
 * `bun test/cli/as-root.ts EXECUTABLE`, as root on Linux: every command that root types beside the server of another user
 * leaves that user files that the server can use. Ends with 1 and says what is wrong.
 */

const [, , executable] = process.argv;
const [uid, gid] = [65_534, 65_534]; // nobody and nogroup
if (!executable || process.geteuid?.() !== 0) {
	console.error("Usage, as root: bun test/cli/as-root.ts EXECUTABLE");
	process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), "minifeed-root-"));
const home = join(directory, "home");
const rootsOwn = join(directory, "root");
const program = join(directory, "minifeed");
for (const folder of [home, rootsOwn]) mkdirSync(folder);
cpSync(executable, program);
await Bun.$`chown ${uid}:${gid} ${home} && chmod 755 ${directory} ${program} && chmod 700 ${rootsOwn}`;

const env = { PATH: process.env.PATH, HOST: "127.0.0.1", ARGON2_MEMORY_KIB: "8", ARGON2_TIME: "1" };
const asOther = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
const wrong: string[] = [];
const expect = (what: string, found: unknown, wanted: unknown) => {
	if (!Bun.deepEquals(found, wanted)) wrong.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
};

async function start(): Promise<{ address: string; stop: () => Promise<void> }> {
	const child = Bun.spawn([...asOther, program], { cwd: home, env: { ...env, PORT: "0" }, stdout: "pipe" });
	const reader = child.stdout.getReader();
	let printed = "";
	for (let found: RegExpExecArray | null = null; ; ) {
		const { value, done } = await reader.read();
		if (done) throw new Error(`The server ended: ${printed}`);
		printed += new TextDecoder().decode(value);
		found = /listening on (http:[^\s"]+)/.exec(printed);
		if (!found) continue;
		return {
			address: found[1] as string,
			async stop() {
				child.kill();
				expect("exit code of the server", await child.exited, 0);
			},
		};
	}
}

async function asRoot(args: string[], input = "") {
	const child = Bun.spawn([program, ...args], { cwd: home, env, stdin: Buffer.from(input), stderr: "pipe" });
	const stderr = await new Response(child.stderr).text();
	expect(`minifeed ${args.join(" ")}`, [await child.exited, stderr.trim()], [0, ""]);
}

/** Every file in the home belongs to the other user. */
function checkOwners(after: string) {
	const files = readdirSync(home, { recursive: true }).map((name) => join(home, String(name)));
	const roots = files.filter((path) => lstatSync(path).uid !== uid);
	expect(`files of root after ${after}`, roots, []);
}

async function checkServer(address: string, name: string) {
	const send = (path: string, body: object, token = "") =>
		fetch(address + path, {
			method: "POST",
			headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
			body: JSON.stringify(body),
		});
	const account = { username: name, email: `${name}@example.com`, password: "correct horse battery" };
	const registered = await send("/auth/register", account);
	expect(`sign-up of ${name}`, registered.status, 201);
	const { access_token: token } = (await registered.json()) as { access_token: string };
	expect("a post", (await send("/posts/", { content: "hello" }, token)).status, 201);
	const form = new FormData();
	form.append("content", "a picture");
	form.append("image", new Blob([await picture()], { type: "image/jpeg" }), "a.jpg");
	const headers = { authorization: `Bearer ${token}` };
	expect("a picture", (await fetch(`${address}/posts/`, { method: "POST", headers, body: form })).status, 201);
}

try {
	let server = await start();
	await checkServer(server.address, "ada");
	const beside: [args: string[], input?: string][] = [
		[["backup"]],
		[["backup", join(rootsOwn, "backup.tar.zst")]],
		[["export", join(rootsOwn, "export")]],
		[["user", "create", "eve", "--email", "eve@example.com", "--role", "admin"], "correct horse battery\n"],
		[["doctor", "--fix"]],
		[["media", "sweep"]],
		[["maintenance", "on"]],
		[["maintenance", "off"]],
	];
	for (const [index, [args, input]] of beside.entries()) {
		await asRoot(args, input);
		checkOwners(args.join(" "));
		if (args[1] === "on") await Bun.sleep(1_100);
		if (args[1] !== "on")
			await Bun.sleep(args[1] === "off" ? 1_100 : 0).then(() => checkServer(server.address, `user${index}`));
	}
	await server.stop();

	await asRoot(["restore", join(rootsOwn, "backup.tar.zst")]);
	checkOwners("restore");
	server = await start();
	await checkServer(server.address, "afterrestore");
	await server.stop();
	await asRoot(["restore", "--revert"]);
	checkOwners("restore --revert");

	rmSync(join(home, "data"), { recursive: true });
	await asRoot(["import", join(rootsOwn, "export")]);
	checkOwners("import into nothing");
	rmSync(join(home, "data"), { recursive: true });
	await asRoot(["seed", "--users", "3", "--posts", "5"]);
	checkOwners("seed into nothing");
	server = await start();
	await checkServer(server.address, "last");
	await server.stop();
	expect("root's own backup", statSync(join(rootsOwn, "backup.tar.zst")).uid, 0);
} finally {
	rmSync(directory, { recursive: true });
}
for (const line of wrong) console.error(line);
console.log(
	wrong.length === 0 ? "Commands of root leave nothing that the server cannot use." : `${wrong.length} wrong`,
);
process.exit(wrong.length === 0 ? 0 : 1);
