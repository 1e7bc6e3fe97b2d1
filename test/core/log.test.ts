import { afterAll, beforeAll, expect, test } from "bun:test";
import { PassThrough } from "node:stream";
import { openLog } from "../../src/core/log";
import { password } from "../support/app";
import { type Program, program } from "../support/server";

type Line = Record<string, unknown>;
const lines = (stdout: string): Line[] =>
	stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line));

let server: Program;
let address: string;
let token: string;
let userId: string;
beforeAll(async () => {
	server = program({}, undefined);
	address = await server.address();
});
afterAll(() => server.remove());

const secretText = "nobody's business";

test("each request is one line, with what an operator needs and nothing that was sent", async () => {
	const json = { "content-type": "application/json" };
	const registered = await fetch(`${address}/auth/register`, {
		method: "POST",
		headers: json,
		body: JSON.stringify({ username: "ada", email: "ada@example.com", password }),
	});
	const session = (await registered.json()) as { access_token: string; refresh_token: string; user: { id: string } };
	token = session.access_token;
	userId = session.user.id;
	const headers = { ...json, authorization: `Bearer ${token}` };
	const posted = await fetch(`${address}/posts/?draft=${encodeURIComponent(secretText)}`, {
		method: "POST",
		headers,
		body: JSON.stringify({ content: secretText }),
	});
	const { id } = (await posted.json()) as { id: string };
	await fetch(`${address}/posts/${id}`, { method: "HEAD" });
	await fetch(`${address}/posts/?q=${encodeURIComponent(secretText)}`);
	await fetch(`${address}/posts/?limit=0`, { headers });
	await fetch(`${address}/auth/me`, { headers: { authorization: `Bearer ${secretText.replaceAll(" ", "")}` } });
	await fetch(`${address}/${encodeURIComponent(secretText)}`);
	await fetch(`${address}/livez`, { method: "POST" });
	await fetch(`${address}/livez`, { headers: { host: "a b" } });
	const { code, stdout, stderr } = await server.stop();

	expect([code, stderr]).toEqual([0, ""]);
	const requests = lines(stdout).filter(({ msg }) => msg === "request");
	expect(requests.map(({ method, route, status, user_id }) => [method, route, status, user_id])).toEqual([
		["POST", "/auth/register", 201, undefined],
		["POST", "/posts/", 201, userId],
		["HEAD", "/posts/:post_id", 200, undefined],
		["GET", "/posts/", 200, undefined],
		["GET", "/posts/", 422, userId],
		["GET", "/auth/me", 401, undefined],
		["GET", undefined, 404, undefined],
		["POST", undefined, 405, undefined],
		["GET", undefined, 400, undefined],
	]);
	for (const line of requests) {
		expect(line).toMatchObject({ level: "info", time: expect.stringMatching(/Z$/) });
		// Where it came from is nobody's business unless it was refused.
		expect(line.address).toBe(Number(line.status) < 400 ? undefined : "127.0.0.1");
		expect(line.request_id).toMatch(/^[0-9a-f-]{36}$/);
		expect(line.duration_ms).toBeGreaterThan(0);
		const known = [
			"level",
			"time",
			"request_id",
			"method",
			"route",
			"status",
			"duration_ms",
			"user_id",
			"address",
			"msg",
		];
		for (const name of Object.keys(line)) expect(known).toContain(name);
	}
	expect(requests[1]?.request_id).toBe(posted.headers.get("x-request-id"));
	for (const secret of [
		token,
		session.refresh_token,
		password,
		secretText,
		encodeURIComponent(secretText),
		"ada@example.com",
	])
		expect(stdout).not.toContain(secret);
});

test("start and stop are lines too", async () => {
	const other = program();
	const url = await other.address();
	const { stdout } = await other.stop();
	expect(lines(stdout)).toMatchObject([
		{ level: "info", url, docs: `${url}/docs`, msg: expect.stringContaining(`listening on ${url}`) },
		{
			level: "warn",
			msg: expect.stringMatching(/^There is no administrator.*main\.ts user create NAME --email .*ADMIN_PASSWORD/),
		},
		{ msg: "SIGTERM: finishing running requests" },
		{ msg: "stopped" },
	]);
	other.remove();
});

test("a refused preflight is one line for each origin, with the option that allows it", async () => {
	const other = program({ CORS_ORIGINS: "https://a.example" });
	const url = await other.address();
	const headers = { origin: "http://localhost:5173", "access-control-request-method": "POST" };
	for (let i = 0; i < 2; i++) await fetch(`${url}/posts/`, { method: "OPTIONS", headers });
	const warnings = lines((await other.stop()).stdout).filter((line) => line.origin);
	other.remove();

	expect(warnings).toEqual([
		{
			level: "warn",
			time: expect.any(String),
			origin: headers.origin,
			msg: expect.stringContaining(`CORS_ORIGINS=https://a.example,${headers.origin}`),
		},
	]);
});

test("below its level nothing is said", async () => {
	const probe = Bun.serve({ port: 0, fetch: () => new Response() });
	const PORT = String(probe.port); // it will not say which one it took
	await probe.stop();
	for (const LOG_LEVEL of ["error", "silent"]) {
		const quiet = program({ LOG_LEVEL, PORT });
		const isUp = () =>
			fetch(`http://127.0.0.1:${PORT}/livez`).then(
				({ ok }) => ok,
				() => false,
			);
		while (!(await isUp())) await Bun.sleep(20);
		expect(await quiet.stop()).toEqual({ code: 0, stdout: "", stderr: "" });
		quiet.remove();
	}
});

test("for people a request is a short line", async () => {
	const other = program({ LOG_FORMAT: "pretty" });
	await fetch(`${await other.address()}/livez`);
	const { stdout } = await other.stop();
	expect(stdout).toMatch(/GET \/livez 200 [\d.]+ ms/);
	expect(stdout).toContain("Create the first account");
	expect(stdout).toMatch(
		/no administrator yet.*\n.*This link creates the administrator account.*\n {2}http:\S+\/link#admin=[\w-]+\n/,
	);
	expect(stdout).toContain("The link opens only on this machine");
	expect(stdout).toMatch(
		/run this command on the server instead:\n {2}bun \S*main\.ts user create NAME --email ADDRESS/,
	);
	other.remove();
});

test("a log on a terminal has nothing that the terminal obeys", async () => {
	const stdout = new PassThrough();
	let shown = "";
	stdout.on("data", (chunk) => {
		shown += chunk;
	});
	const log = await openLog({ level: "info", format: "pretty" }, { stdout });
	log.warn({ backup: "\u001b[2J\u009b2Jname" }, "\u001b]0;title\u0007 \u202eone");
	log.error({ err: new Error("\u009b31m two\u2066") }, "failed");
	await log.flush();
	expect(shown).toContain("one");
	expect(shown).toContain("two");
	expect(shown).not.toMatch(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
});
