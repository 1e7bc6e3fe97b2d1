import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Static } from "@sinclair/typebox";
import type * as auth from "../../src/accounts/auth/model";
import * as testing from "../../src/testing";
import type * as declared from "../../src/testing/types";
import { blocksOf, textOf } from "../handbook/pages";

const { createTestApp } = testing;

const root = join(import.meta.dir, "../..");
const directory = mkdtempSync(join(tmpdir(), "minifeed-testing-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a test in a project of its own, which has minifeed as a package. */
async function runs(source: string) {
	mkdirSync(join(directory, "node_modules"), { recursive: true });
	rmSync(join(directory, "node_modules/minifeed"), { force: true });
	symlinkSync(root, join(directory, "node_modules/minifeed"), "dir");
	writeFileSync(join(directory, "front.test.ts"), source);
	const child = Bun.spawn([process.execPath, "test"], { cwd: directory, stdout: "ignore", stderr: "pipe" });
	const output = await new Response(child.stderr).text();
	return { code: await child.exited, output };
}

test("the handbook's example runs in a project of its own, word for word", async () => {
	const [example = "", ...others] = blocksOf(await textOf("testing"), "ts");
	expect(others).toEqual([]);
	expect(example.trim().split("\n").length).toBeLessThanOrEqual(12);
	const { code, output } = await runs(example);
	expect([code, output]).toEqual([0, expect.stringContaining(" 1 pass\n 0 fail")]);
});

test("it is the app of production, and the environment stays as it was", async () => {
	const { code, output } = await runs(`
		import { expect, test } from "bun:test";
		import { createTestApp } from "minifeed/testing";
		test("x", async () => {
			const [one, two] = await Promise.all([createTestApp(), createTestApp()]);
			expect(process.env.NODE_ENV).toBe("test");
			const body = JSON.stringify({ username: ["hunter2"], password: "x" });
			const headers = { "content-type": "application/json" };
			const refused = await one.fetch("/auth/login", { method: "POST", headers, body });
			expect([refused.status, (await refused.text()).includes("hunter2")]).toEqual([422, false]);
			expect(one.people).toEqual(two.people);
			await Promise.all([one.close(), two.close()]);
		});`);
	expect([code, output]).toEqual([0, expect.stringContaining(" 1 pass")]);
});

test("fetch takes what the global one takes", async () => {
	await using app = await createTestApp();
	const global: typeof fetch = app.fetch;
	for (const address of [
		"/posts/?limit=1",
		"posts/?limit=1",
		"https://api.example.com/posts/?limit=1",
		new URL("http://localhost:8000/posts/?limit=1"),
		new Request("http://localhost:8000/posts/?limit=1"),
	]) {
		const { items } = (await (await global(address)).json()) as { items: unknown[] };
		expect(items.length).toBe(1);
	}
	const { access_token } = await app.signIn();
	const written = await global(
		new Request("https://api.example.com/posts/", {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ content: "from the front end" }),
		}),
		{ headers: { "content-type": "application/json", authorization: `Bearer ${access_token}` } },
	);
	expect([written.status, await written.json()]).toEqual([
		201,
		expect.objectContaining({ content: "from the front end" }),
	]);
	expect(global("/", { signal: AbortSignal.abort() })).rejects.toThrow("abort");
});

test("each app is one of its own", async () => {
	await using one = await createTestApp({ users: 2, posts: 3 });
	await using two = await createTestApp({ users: 2, posts: 3 });
	const { access_token } = await one.signIn(one.people[1]);
	const headers = { authorization: `Bearer ${access_token}` };
	expect((await one.fetch("/users/me", { method: "DELETE", headers, body: "{}" })).status).toBe(415);
	const json = { ...headers, "content-type": "application/json" };
	const body = JSON.stringify({ password: "correct horse battery" });
	expect((await one.fetch("/users/me", { method: "DELETE", headers: json, body })).status).toBe(204);
	expect((await one.fetch(`/users/${one.people[1]}`)).status).toBe(404);
	expect((await two.fetch(`/users/${one.people[1]}`)).status).toBe(200);
	expect(one.signIn(one.people[1])).rejects.toThrow("cannot sign in");
});

test("the clock moves what the app does", async () => {
	await using app = await createTestApp({ users: 1, posts: 0 });
	const { access_token, refresh_token } = await app.signIn();
	const me = () => app.fetch("/auth/me", { headers: { authorization: `Bearer ${access_token}` } });
	app.clock.advance({ minutes: 29, seconds: 59 });
	expect((await me()).status).toBe(200);
	app.clock.advance({ seconds: 2 });
	expect((await me()).status).toBe(401);
	const refresh = () =>
		app.fetch("/auth/refresh", {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ refresh_token }),
		});
	app.clock.advance({ days: 7 });
	expect((await refresh()).status).toBe(401);
	app.clock.now = new Date("2030-01-01T00:00:00Z");
	expect((await app.signIn()).user.username).toBe("ada");
});

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

test("other projects are told of exactly what there is", () => {
	// The compiler fails here when the declarations and the code say different things.
	const agree: Same<declared.Session, Static<typeof auth.Session>> & Same<typeof declared, typeof testing> = true;
	expect(agree).toBe(true);
	expect(Object.keys(testing)).toEqual(["createTestApp"]);
});
