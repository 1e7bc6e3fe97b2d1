import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { AppOptions } from "../../src/app";
import { loadConfig } from "../../src/config/config";
import { clockFound } from "../../src/instance/doctor/live";
import { memoryFiles } from "../../src/media/memory";
import { housekeeping } from "../../src/server/housekeeping";
import { clockWriteBlock } from "../../src/server/write-block";
import { memoryStores, type Person, password, testApp, walk } from "../support/app";
import { runs } from "../support/runs";

const directory = mkdtempSync(join(tmpdir(), "minifeed-clock-"));
afterAll(() => rmSync(directory, { recursive: true }));

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** The stores note by the clock of the machine when they were made. */
const noon = Date.now();

/** A server whose clock can be set, while its steady clock goes on. */
function server(options: Pick<Partial<AppOptions>, "rateLimit" | "refreshTokens"> = {}) {
	let [passed, offset] = [0, 0];
	const stores = memoryStores({ time: { wall: () => noon + passed + offset, steady: () => passed } });
	const told: string[] = [];
	const log = {
		info: (...args: unknown[]) => void told.push(String(args.at(-1))),
		warn: (...args: unknown[]) => void told.push(String(args.at(-1))),
		observer: { served() {}, failed: (_: string, error: unknown) => expect(error).toBe(null) },
	};
	const writeBlock = clockWriteBlock(stores.clock, log);
	const files = memoryFiles();
	const app = testApp({ stores, files, writeBlock, now: undefined, ...options });
	const config = loadConfig({ DATA_DIR: directory });
	return {
		...app,
		told,
		/** Sets the clock: this far from the right time. */
		set: (to: number) => {
			offset = to;
		},
		setTo: (time: string) => {
			offset = Date.parse(time) - noon - passed;
		},
		pass: (ms: number) => {
			passed += ms;
		},
		/** The jobs of the server at its start and every hour. */
		keepHouse: () =>
			housekeeping({ stores, files, media: app.media, config, log, isReadOnly: () => writeBlock()?.why === "clock" })(),
		/** All that age deletes, in numbers. */
		async kept(...people: Person[]) {
			const all = { limit: 1_000 };
			const trash = await stores.trash.page({ since: new Date(0) }, all);
			const sessions = await Promise.all(people.map(({ id }) => stores.sessions.ofUser(id, new Date(0))));
			const [audit, links] = [await stores.audit.page({}, all), await stores.links.invites(null, all)];
			return [trash.items.length, sessions.flat().length, audit.items.length, links.items.length];
		},
	};
}

const login = { username: "ada", password };

test.each([
	["8 days", 8 * day],
	["370 days", 370 * day],
	["370 days in steps of 20 hours", 20 * hour],
])("a clock that leaps ahead by %s deletes nothing", async (what, ahead) => {
	const { anonymous, as, asAdmin, set, pass, keepHouse, kept } = server();
	const [ada, root] = [await as("ada"), await asAdmin("root")];
	const { body: post } = await ada.post("/posts/", { content: "deleted" });
	await ada.delete(`/posts/${post.id}`);
	await root.post("/invites", { expires_in_days: 1 });
	await anonymous.post("/auth/login", login);
	const before = await kept(ada, root);
	expect(before).toEqual([1, 3, expect.any(Number), 1]);

	for (let to = ahead; to <= (what.endsWith("hours") ? 370 * day : ahead); to += 20 * hour) {
		set(to);
		await keepHouse();
	}
	expect((await ada.get("/auth/me")).status).toBe(401);
	expect((await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken })).status).toBe(401);
	const { body: later } = await anonymous.post("/auth/login", login);
	pass(59 * minute);
	await keepHouse();
	const [trash, sessions, audit, links] = before as [number, number, number, number];
	expect(await kept(ada, root)).toEqual([trash, sessions + 1, audit + 1, links]);

	set(0);
	await keepHouse();
	expect(await kept(ada, root)).toEqual([trash, sessions + 1, audit + 1, links]);
	const renewed = await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken });
	expect(renewed.status).toBe(200);
	const headers = { authorization: `Bearer ${renewed.body.access_token}` };
	expect((await anonymous.post(`/trash/${post.id}/restore`, undefined, headers)).status).toBe(200);
	expect((await anonymous.post("/auth/refresh", { refresh_token: later.refresh_token })).status).toBe(200);
});

test("a server that was off for a month deletes by age after an hour", async () => {
	const { stores, as, pass, set, keepHouse, kept, told } = server();
	const ada = await as("ada");
	const { body: post } = await ada.post("/posts/", { content: "deleted" });
	await ada.delete(`/posts/${post.id}`);
	set(30 * day);
	await keepHouse();
	expect((await kept(ada))[0]).toBe(1);
	expect(clockFound(stores.clock)).toMatchObject([{ check: "clock", severity: "notice" }]);
	pass(hour);
	await keepHouse();
	expect((await kept(ada)).slice(0, 2)).toEqual([0, 0]);
	expect(clockFound(stores.clock)).toEqual([]);
	expect(told).toEqual([
		expect.stringMatching(/30 days after the newest known time/),
		"the clock is right again",
		"permanently deleted expired content from the trash",
	]);
});

test("in 1970 one can read and write nothing, and all is whole when the clock is right", async () => {
	const { anonymous, as, setTo, set, keepHouse, kept, told } = server();
	const ada = await as("ada");
	const { body: post } = await ada.post("/posts/", { content: "there" });
	const { body: gone } = await ada.post("/posts/", { content: "deleted" });
	await ada.delete(`/posts/${gone.id}`);
	const before = await kept(ada);
	setTo("1970-01-01T00:00:10Z");
	await keepHouse();
	for (const path of ["/posts/", `/posts/${post.id}`, "/auth/me", "/trash", "/readyz"])
		expect([path, (await ada.get(path)).status]).toEqual([path, 200]);
	const refused = await ada.post("/posts/", { content: "now" });
	expect(refused).toMatchObject({ status: 503, body: { code: "busy", detail: expect.stringMatching(/clock/) } });
	expect(refused.headers.get("retry-after")).toBe("60");
	for (const { status } of [
		await ada.delete(`/posts/${post.id}`),
		await ada.patch("/users/me", { bio: "new" }),
		await anonymous.post("/auth/login", login),
		await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken }),
	])
		expect(status).toBe(503);
	expect(await kept(ada)).toEqual(before);

	set(0);
	expect(await kept(ada)).toEqual(before);
	expect((await ada.post("/posts/", { content: "now" })).status).toBe(201);
	expect((await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken })).status).toBe(200);
	expect(told).toEqual([
		expect.stringMatching(/^The clock says 1970-01-01T00:00:10.*accept$/),
		"the clock is right again",
	]);
});

test("what writes beside the requests is refused as well, and waits", async () => {
	const { stores, as, setTo } = server();
	const ada = await as("ada");
	setTo("1970-01-01T00:00:10Z");
	const event = { at: new Date(), action: "signed_in" as const, actorId: ada.id, subjectId: ada.id, address: "" };
	expect(stores.audit.record(event)).rejects.toThrow(/^The clock says 1970-01-01T00:00:10/);
	expect(stores.inOneTransaction(() => stores.audit.record(event))).rejects.toThrow(/^The clock says/);
});

test("a refresh that is repeated after the clock leapt ends no session", async () => {
	const { anonymous, as, set } = server();
	const ada = await as("ada");
	const renew = () => anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken });
	const first = await renew();
	set(3 * day);
	expect((await renew()).status).toBe(401);
	set(0);
	const again = await renew();
	expect([again.status, again.body.refresh_token]).toEqual([200, first.body.refresh_token]);
});

test("a spent token that seems to have expired is still known when it comes back", async () => {
	const { anonymous, as, set, pass } = server({ refreshTokens: { lifetimeSeconds: (30 * day) / 1000 } });
	const { refreshToken: spent } = await as("ada");
	const renew = (token: string) => anonymous.post("/auth/refresh", { refresh_token: token });
	const second = (await renew(spent)).body.refresh_token;
	pass(15 * day);
	const third = (await renew(second)).body.refresh_token;
	set(20 * day);
	const fourth = (await renew(third)).body.refresh_token;
	set(0);
	expect((await renew(spent)).status).toBe(401);
	expect((await renew(fourth)).status).toBe(401); // the replay ended the session
});

test("posts stay in the order in which they were written when the clock steps back by minutes", async () => {
	const { as, set } = server();
	const ada = await as("ada");
	for (const [i, to] of [0, -10 * minute, 5 * minute, -3 * minute, 0].entries()) {
		set(to);
		expect((await ada.post("/posts/", { content: `post ${i}` })).status).toBe(201);
	}
	const contents = (await walk(ada, "/posts/")).map(({ content }) => content);
	expect(contents).toEqual(["post 4", "post 3", "post 2", "post 1", "post 0"]);
});

test("limits go by the steady clock: to set the other one shuts nobody out and lets nobody in", async () => {
	const { anonymous, as, set, pass } = server({ rateLimit: true });
	const ada = await as("ada");
	const attempt = () => anonymous.post("/auth/login", { username: "ada", password: "wrong" });
	for (let i = 0; i < 5; i++) expect((await attempt()).status).toBe(401);
	for (const to of [0, 370 * day]) {
		set(to);
		expect((await attempt()).status).toBe(429);
	}
	set(0);
	pass(20 * minute);
	expect((await attempt()).status).toBe(401);
	expect((await ada.get("/posts/")).status).toBe(200);
});

const acts = fc.constantFrom("sign in", "delete", "refresh", "keep house", "nothing");
const steps = fc.array(
	fc.record({
		offset: fc.oneof(
			fc.constantFrom(0, 8 * day, 370 * day, -noon),
			fc.integer({ min: -14 * minute, max: 14 * minute }),
			fc.integer({ min: 2 * day, max: 800 * day }),
			fc.integer({ min: -800 * day, max: -day }),
		),
		act: acts,
		minutes: fc.integer({ min: 0, max: 4 }),
	}),
	{ maxLength: 12 },
);

test("whatever the clock does for less than an hour, all is there when it is right", async () => {
	await fc.assert(
		fc.asyncProperty(steps, async (steps) => {
			const { anonymous, as, set, pass, keepHouse, kept } = server();
			const ada = await as("ada");
			const ids: string[] = [];
			for (let i = 0; i < steps.length; i++) ids.push((await ada.post("/posts/", { content: `post ${i}` })).body.id);
			let refreshToken = ada.refreshToken;
			const [trash = 0, sessions = 0, audit = 0] = await kept(ada);
			const made = { trash, sessions, audit };
			for (const { offset, act, minutes } of steps) {
				set(offset);
				pass(minutes * minute);
				if (act === "sign in" && (await anonymous.post("/auth/login", login)).status === 200) {
					made.sessions++;
					made.audit++;
				}
				if (act === "delete" && (await ada.delete(`/posts/${ids.pop()}`)).status === 204) made.trash++;
				if (act === "refresh") {
					const { status, body } = await anonymous.post("/auth/refresh", { refresh_token: refreshToken });
					if (status === 200) refreshToken = body.refresh_token;
				}
				if (act === "keep house") await keepHouse();
			}
			set(0);
			await keepHouse();
			expect((await kept(ada)).slice(0, 3)).toEqual(Object.values(made));
			expect((await anonymous.post("/auth/refresh", { refresh_token: refreshToken })).status).toBe(200);
		}),
		{ numRuns: runs(60) },
	);
});
