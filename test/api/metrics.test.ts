import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { metrics } from "../../src/http/metrics";
import { password, testApp } from "../support/app";
import { type Program, program } from "../support/server";

/** The value of a sample, by its name with labels as Prometheus prints them. */
const sample = (text: string, name: string) =>
	Number(
		text
			.split("\n")
			.find((line) => line.startsWith(`${name} `))
			?.slice(name.length + 1) ?? Number.NaN,
	);

const measured = () => {
	const counted = metrics();
	return testApp({ metrics: counted, observers: [counted.observer] });
};

test("admins read them, and nobody else", async () => {
	const { anonymous, as, asAdmin } = measured();
	const [ada, root] = [await as("ada"), await asAdmin("root")];
	const [stranger, user, admin] = [
		await anonymous.get("/metrics"),
		await ada.get("/metrics"),
		await root.get("/metrics"),
	];

	expect([stranger.status, user.status, admin.status]).toEqual([401, 403, 200]);
	expect(admin.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
});

test("requests are counted by route and status, never by what stands in a path", async () => {
	const { anonymous, asAdmin, request } = measured();
	const root = await asAdmin("root");
	for (const name of ["root", "ada", "bob"]) await anonymous.get(`/users/${name}`);
	for (const path of ["/a", "/b/c", "/d?e"]) await anonymous.get(path);
	await request("PROPFIND", "/");
	await Bun.sleep(5);
	const { body: text } = await root.get("/metrics");

	const count = (labels: string) => sample(text, `http_requests_total{${labels}}`);
	expect(count('method="GET",route="/users/:username",status="200"')).toBe(1);
	expect(count('method="GET",route="/users/:username",status="404"')).toBe(2);
	expect(count('method="GET",route="none",status="404"')).toBe(3);
	expect(count('method="other",route="none",status="405"')).toBe(1);
	expect(sample(text, 'http_request_duration_seconds_count{method="GET",route="/users/:username"}')).toBe(3);
	expect(text).not.toContain("bob");
});

test("they tell of the event loop, the process, storage and gates", async () => {
	const root = await measured().asAdmin("root");
	const { body: text } = await root.get("/metrics");
	for (const name of [
		"nodejs_eventloop_lag_p99_seconds",
		"process_resident_memory_bytes",
		"minifeed_database_bytes",
		"minifeed_wal_bytes",
		'minifeed_gate_running{gate="passwords"}',
		'minifeed_gate_waiting{gate="passwords"}',
	])
		expect([name, sample(text, name)]).toEqual([name, expect.any(Number)]);
	for (const name of ["nodejs_eventloop_lag_p99_seconds", "process_resident_memory_bytes"])
		expect([name, Number.isFinite(sample(text, name))]).toEqual([name, true]);
	expect(text).toMatch(/^minifeed_build_info\{version="\d+\.\d+\.\d+",commit=""\} 1$/m);
});

describe("of a running server", () => {
	let server: Program;
	let address: string;
	beforeAll(async () => {
		server = program({ METRICS: "on", ALLOWED_HOSTS: "localhost,127.0.0.1" });
		address = await server.address();
	});
	afterAll(async () => {
		await server.stop();
		server.remove();
	});
	const get = async (headers: Record<string, string> = {}) => {
		const response = await fetch(`${address}/metrics`, { headers });
		return { status: response.status, text: await response.text() };
	};

	test("a program on the same machine reads them, with the sizes of the files", async () => {
		await fetch(`${address}/auth/register`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ username: "ada", email: "ada@example.com", password }),
		});
		const { status, text } = await get();
		expect(status).toBe(200);
		expect(sample(text, "minifeed_database_bytes")).toBeGreaterThanOrEqual(4_096);
		expect(sample(text, "minifeed_wal_bytes")).toBeGreaterThan(100_000);
	});

	test("what a proxy on the same machine passes on does not", async () => {
		for (const header of ["x-forwarded-for", "x-forwarded-proto", "x-real-ip", "cf-connecting-ip", "forwarded", "via"])
			expect([header, (await get({ [header]: "127.0.0.1" })).status]).toEqual([header, 401]);
	});
});

test("without METRICS=on there are none", async () => {
	const root = await testApp().asAdmin("root");
	expect((await root.get("/metrics")).status).toBe(404);
});
