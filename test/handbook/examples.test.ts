import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { password } from "../support/app";
import { type Program, program } from "../support/server";
import { command } from "../support/terminal";
import { databaseOf, versions } from "../support/versions";
import { blocksOf, handbook, isOfApi, readme, root, textOf } from "./pages";

const pages = await handbook();
const [withClient = "", withEden = "", ...others] = blocksOf(await textOf("clients"), "ts");

/** A project of its own, which has minifeed as a package, beside a server where ada has an account. */
const directory = mkdtempSync(join(tmpdir(), "minifeed-handbook-"));
let server: Program;
let address = "";
let token = "";
beforeAll(async () => {
	server = program({ RATE_LIMIT: "off" });
	address = await server.address();
	const headers = { "content-type": "application/json" };
	const body = JSON.stringify({ username: "ada", email: "ada@example.com", password });
	const session = await (await fetch(`${address}/auth/register`, { method: "POST", headers, body })).json();
	token = (session as { access_token: string }).access_token;

	mkdirSync(join(directory, "node_modules/@elysiajs"), { recursive: true });
	symlinkSync(root, join(directory, "node_modules/minifeed"), "dir");
	symlinkSync(join(root, "node_modules/@elysiajs/eden"), join(directory, "node_modules/@elysiajs/eden"), "dir");
	await Bun.write(join(directory, "client.ts"), await (await fetch(`${address}/client.ts`)).text());
});
afterAll(async () => {
	await server.stop();
	server.remove();
	rmSync(directory, { recursive: true });
});

async function run(example: string) {
	const source = example.replaceAll("localhost:8000", new URL(address).host);
	await Bun.write(join(directory, "example.ts"), source);
	const child = Bun.spawn([process.execPath, "example.ts"], { cwd: directory, stdout: "pipe", stderr: "pipe" });
	const [printed, complaints] = await Promise.all([
		new Response(child.stdout).text(),
		new Response(child.stderr).text(),
	]);
	return { code: await child.exited, printed, complaints };
}
const contents = async () => {
	const page = await (await fetch(`${address}/posts/?author=ada`)).json();
	return (page as { items: { content: string }[] }).items.map(({ content }) => content);
};

test("the example of /client.ts runs, word for word", async () => {
	expect(withClient).toContain("createClient");
	expect(await run(withClient)).toEqual({ code: 0, printed: "Hello, world\n", complaints: "" });
	expect(await contents()).toEqual(["Hello, world"]);
});

test("the example of eden runs, word for word", async () => {
	expect([withEden.includes("treaty"), others]).toEqual([true, []]);
	const before = await contents();
	expect(await run(`const token = "${token}";\n${withEden}`)).toEqual({ code: 0, printed: "", complaints: "" });
	expect(await contents()).toEqual(["Hello, world", ...before]);
});

/** Lines `[NAME=value] minifeed arguments # comment` of the shell blocks of a page. */
function commandsIn(page: string): { env: Record<string, string>; args: string[] }[] {
	const blocks = blocksOf(page, "sh").filter((block) => !block.includes("curl "));
	const lines = blocks.flatMap((block) => block.trim().split("\n"));
	return lines.map((line) => {
		const words = [...line.replace(/ +#.*/, "").matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
			word.replace(/['"]/g, ""),
		);
		const program = words.indexOf("minifeed");
		expect([line, program]).not.toEqual([line, -1]);
		const env = words.slice(0, program).map((word) => word.split("=", 2));
		return { env: Object.fromEntries(env), args: words.slice(program + 1) };
	});
}

test("the commands of operators run, word for word", async () => {
	const folder = mkdtempSync(join(tmpdir(), "minifeed-handbook-"));
	const places: [written: string, here: string][] = [
		["/mnt/usb/feed.tar.zst", "usb/feed.tar.zst"],
		["/mnt/usb/feed", "usb/feed"],
		["/srv/minifeed", "srv"],
		["feed.tar.zst", "usb/feed.tar.zst"],
		["/tmp/try", "try"],
		["minifeed-ada-2026-11-23.zip", "ada.zip"],
	];
	const here = (word: string) => {
		const found = places.find(([written]) => word === written);
		return found ? join(folder, found[1]) : word;
	};
	const hash = await Bun.password.hash(password, { algorithm: "argon2id", memoryCost: 8, timeCost: 1 });
	const upgraded = async (name: string) => {
		const path = join(folder, name, "minifeed.db");
		databaseOf((versions.at(-1) as number) - 1, path, { posts: 0 });
		using client = new Database(path);
		client.run("UPDATE users SET password_hash = ?", [hash]);
		expect(await command(["migrate", "apply"], { DATA_DIR: join(folder, name) })).toMatchObject({ code: 0 });
		return join(folder, name);
	};
	mkdirSync(join(folder, "usb"));
	const headers = { authorization: `Bearer ${token}` };
	await Bun.write(join(folder, "ada.zip"), await fetch(`${address}/users/me/export`, { headers }));

	const asked = [...pages].filter(([topic, page]) => !isOfApi(topic) && blocksOf(page, "sh").length > 0);
	expect(asked.map(([topic]) => topic)).toEqual([
		"operate",
		"backup-and-restore",
		"upgrade",
		"transfer",
		"moderation",
		"troubleshooting",
		"testing",
	]);
	const secret = randomBytes(32).toString("base64");
	for (const [topic, page] of [...asked, ["README", readme] as const]) {
		const data = await upgraded(topic);
		for (const { env, args } of commandsIn(page)) {
			const given = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)]));
			const all = { DATA_DIR: data, SECRET_KEY: secret, ...given };
			if (args.length === 0) {
				const started = program(all);
				await started.address();
				expect(await started.stop()).toMatchObject({ code: 0 });
				started.remove();
			} else {
				const { code } = await command(args.map(here), all);
				// The doctor warns: these instances have no administrator.
				expect([args, code]).toEqual([args, args[0] === "doctor" ? 3 : 0]);
			}
		}
	}
	rmSync(folder, { recursive: true });
}, 60_000);
