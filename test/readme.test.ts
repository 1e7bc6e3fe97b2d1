import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { password } from "./support/app";
import { type Program, program } from "./support/server";

const root = join(import.meta.dir, "..");
const readme = await Bun.file(join(root, "README.md")).text();
const [withClient = "", withEden = "", ...others] = [
	...(readme.split(/^## /m).find((text) => text.startsWith("Clients")) ?? "").matchAll(/```ts\n([\s\S]*?)```/g),
].map(([, block]) => block ?? "");

/** A project of its own, which has minifeed as a package, beside a server where ada has an account. */
const directory = mkdtempSync(join(tmpdir(), "minifeed-readme-"));
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
