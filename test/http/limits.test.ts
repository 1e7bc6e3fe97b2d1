import { describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { bunArgon2 } from "../../src/accounts/users/argon2";
import { rateLimitKey } from "../../src/core/address";
import { operator } from "../../src/core/permissions";
import { metrics } from "../../src/http/metrics";
import { policies } from "../../src/http/rate-limit/policies";
import { type Client, memoryStores, type Person, password, type Reply, testApp } from "../support/app";
import { anywhere, from, limited } from "../support/limited";

const retryAfter = ({ headers }: Reply) => Number(headers.get("retry-after"));
const told = ({ headers }: Reply) => [headers.get("ratelimit-policy"), headers.get("ratelimit")];

function form(fields: Record<string, string>) {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields)) form.set(name, value);
	return form;
}

describe("each policy grants its quota at once, then refuses until some has come back:", () => {
	type Try = (api: { anonymous: Client; ada: Person; postId: string }, i: number) => Promise<Reply>;
	const tries: Record<keyof typeof policies, Try> = {
		address: ({ anonymous }) => anonymous.get("/nowhere"),
		account: ({ ada }) => ada.get("/nowhere"),
		register: ({ anonymous }) => anonymous.post("/auth/register", {}),
		refresh: ({ anonymous }) => anonymous.post("/auth/refresh", { refresh_token: "x" }),
		"login-address": ({ anonymous }, i) => anonymous.post("/auth/login", { username: `nobody${i}`, password }),
		password: ({ ada }) => ada.delete("/users/me", { password: "wrong" }),
		post: ({ ada }) => ada.post("/posts/", {}),
		comment: ({ ada, postId }) => ada.post(`/comments/posts/${postId}/comments`, {}),
		react: ({ ada, postId }) => ada.post(`/likes/posts/${postId}/like`),
		upload: ({ ada }) => ada.patch("/users/me", form({ bio: "x" })),
		search: ({ anonymous }) => anonymous.get("/posts/?q=tea"),
	};

	test.each(Object.entries(tries))("%s", async (name, attempt) => {
		const { requests, seconds } = policies[name as keyof typeof policies];
		const { anonymous, as, wait } = limited();
		const ada = await as("ada");
		const { body: post } = await ada.post("/posts/", { content: "x" });
		await ada.get("/auth/me"); // the first request with a token counts for the address
		wait(30); // all that this took is back, and the token is still known
		const again = (i: number) => attempt({ anonymous, ada, postId: post.id }, i);

		for (let i = 0; i < requests; i++) {
			const { status } = await again(i);
			if (status === 429) throw new Error(`refused after ${i}`);
		}
		const refused = await again(requests);
		expect(refused.body).toMatchObject({ code: "rate_limited", status: 429, title: "Too Many Requests" });
		expect(retryAfter(refused)).toBe(Math.ceil(seconds / requests));
		expect(told(refused)).toEqual([`"${name}";q=${requests};w=${seconds}`, `"${name}";r=0;t=${retryAfter(refused)}`]);

		const each = seconds / requests;
		wait(each - 0.001);
		expect((await again(requests)).status).toBe(429);
		wait(0.001);
		expect((await again(requests)).status).not.toBe(429);
		expect((await again(requests)).status).toBe(429);
	});
});

test("writing, following and searching by account: what one person does costs another nothing", async () => {
	const { as } = limited();
	const [ada, bob] = [await as("ada"), await as("bob")];
	for (let i = 0; i <= policies.post.requests; i++) await ada.post("/posts/", {});
	for (let i = 0; i <= policies.search.requests; i++) await ada.get("/users?q=b");

	expect([(await ada.post("/posts/", {})).status, (await bob.post("/posts/", {})).status]).toEqual([429, 422]);
	expect([(await ada.get("/posts/?q=b")).status, (await bob.get("/posts/?q=b")).status]).toEqual([429, 200]);
	expect((await ada.post("/users/bob/follow")).status).toBe(200);
	expect((await ada.get("/posts/")).status).toBe(200);
});

test("somebody signed in is counted as that, wherever they and others are", async () => {
	const { as, anonymous, withToken } = limited();
	const ada = await as("ada");
	await ada.get("/auth/me"); // the first time it is the address that counts
	for (let i = 0; i <= policies.address.requests; i++) await anonymous.get("/nowhere");

	expect((await anonymous.get("/posts/")).status).toBe(429);
	expect((await ada.get("/posts/")).status).toBe(200);
	// Made-up tokens make nobody a caller.
	expect((await withToken(`${ada.accessToken}x`).get("/posts/")).status).toBe(429);
	expect((await anonymous.get("/posts/", undefined, from("203.0.113.2"))).status).toBe(200);
});

test("whoever has a token that was revoked uses up nothing of its owner's", async () => {
	const { as, anonymous, signIn, withToken } = limited();
	const ada = await as("ada");
	await ada.get("/auth/me");
	await anonymous.post("/auth/logout", { refresh_token: ada.refreshToken });
	const { body } = await signIn("ada", password);
	const again = withToken(body.access_token);
	for (let i = 0; i < policies.account.requests; i++) await ada.get("/auth/me", undefined, from("198.51.100.1"));

	await again.get("/auth/me"); // the first request with a token counts for the address
	const statuses = new Set<number>();
	// One was counted for its owner before it was found out.
	for (let i = 1; i < policies.account.requests; i++) statuses.add((await again.get("/auth/me")).status);
	expect([...statuses]).toEqual([200]);
	expect((await again.get("/auth/me")).status).toBe(429);
});

test("successful answers of limited routes tell how the nearest limit stands", async () => {
	const { as, anonymous } = limited();
	const ada = await as("ada");
	await ada.get("/auth/me");

	expect(told(await ada.post("/posts/", { content: "x" }))).toEqual([
		'"account";q=1200;w=60, "post";q=200;w=3600',
		'"post";r=199;t=18',
	]);
	expect(told(await ada.post("/posts/", form({ content: "x" })))).toEqual([
		'"account";q=1200;w=60, "post";q=200;w=3600, "upload";q=60;w=3600',
		'"upload";r=59;t=60',
	]);
	for (let i = 0; i < 100; i++) await ada.get("/auth/me");
	expect(told(await ada.get("/posts/?q=x"))[1]).toBe('"account";r=1097;t=6');
	expect(told(await anonymous.post("/auth/login", { username: "ada", password }))).toEqual([
		'"login";q=5;w=900',
		'"login";r=5;t=0',
	]);
	expect(told(await ada.get("/posts/"))).toEqual([null, null]);
});

test("what is refused by one limit is not counted by another", async () => {
	const { as } = limited();
	const ada = await as("ada");
	for (let i = 0; i <= policies.upload.requests + 10; i++) await ada.post("/posts/", form({ content: "" }));
	expect(told(await ada.post("/posts/", { content: "x" }))[1]).toBe(
		`"post";r=${policies.post.requests - policies.upload.requests - 1};t=${(policies.upload.requests + 1) * 18}`,
	);
});

test("a refused request costs nothing: no session is read, no body, and no password is hashed", async () => {
	const stores = memoryStores();
	const argon2 = { ...bunArgon2 };
	const { as, anonymous, request } = limited({ stores, argon2 });
	const ada = await as("ada");
	await ada.get("/auth/me");
	const hash = spyOn(argon2, "hash");
	for (let i = 0; i < policies.register.requests; i++) await anonymous.post("/auth/register", {});
	let pulled = 0;
	const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 });
	const headers = { "content-type": "application/json" };
	expect((await request("POST", "/auth/register", { body, headers })).status).toBe(429);
	expect([hash.mock.calls.length, pulled]).toEqual([0, 0]);

	for (let i = 0; i < policies.account.requests; i++) await ada.get("/nowhere");
	const caller = spyOn(stores.sessions, "caller");
	expect((await ada.get("/auth/me")).status).toBe(429);
	expect(caller.mock.calls.length).toBe(0);
});

test("health is told to whoever asks, and so are browsers what they may ask", async () => {
	const { anonymous } = limited({ corsOrigins: ["https://app.example"] });
	const origin = { origin: "https://app.example" };
	for (let i = 0; i <= policies.address.requests; i++) await anonymous.get("/nowhere");

	const refused = await anonymous.get("/posts/", undefined, origin);
	expect([refused.status, (await anonymous.get("/posts/?x=/livez")).status]).toEqual([429, 429]);
	expect(refused.headers.get("access-control-allow-origin")).toBe("https://app.example");
	const exposed = refused.headers.get("access-control-expose-headers")?.split(", ");
	expect(exposed).toEqual(expect.arrayContaining(["RateLimit", "RateLimit-Policy", "Retry-After"]));
	expect((await anonymous.options("/posts/", undefined, origin)).status).toBe(204);
	expect((await anonymous.get("/livez")).status).toBe(200);
	expect((await anonymous.get("/readyz")).status).toBe(200);
});

test("with RATE_LIMIT=off nobody is refused and nothing is told", async () => {
	const { as, anonymous } = testApp({ rateLimit: false });
	const ada = await as("ada");
	for (let i = 0; i <= policies.post.requests; i++) await ada.post("/posts/", {});
	for (let i = 0; i < 10; i++) await anonymous.post("/auth/login", { username: "ada", password: "wrong" });

	const reply = await ada.post("/posts/", { content: "x" });
	expect([reply.status, ...told(reply)]).toEqual([201, null, null]);
	expect((await anonymous.post("/auth/login", { username: "ada", password })).status).toBe(200);
});

describe("where a request comes from", () => {
	const use = async (client: Client, headers: (i: number) => Record<string, string>) => {
		let last = 0;
		for (let i = 0; i <= policies.register.requests; i++)
			last = (await client.post("/auth/register", {}, headers(i))).status;
		return last;
	};
	const claimed = (i: number) => `198.51.${i >> 8}.${i & 255}`;

	test("nobody says it themselves", async () => {
		const { anonymous } = limited();
		expect(await use(anonymous, (i) => ({ "x-forwarded-for": claimed(i) }))).toBe(429);
	});

	test("a trusted proxy says it, and not what the visitor wrote before it", async () => {
		const { anonymous } = limited({ trustedProxies: ["10.0.0.1"] });
		const proxy = from("10.0.0.1");
		expect(await use(anonymous, (i) => ({ ...proxy, "x-forwarded-for": claimed(i) }))).toBe(422);
		expect(await use(anonymous, (i) => ({ ...proxy, "x-forwarded-for": `${claimed(i)}, 203.0.113.9` }))).toBe(429);
	});

	test("of IPv6 it is the first half: the other half anybody chooses for themselves", async () => {
		const { anonymous } = limited();
		expect(await use(anonymous, (i) => from(`2001:db8:0:1::${i.toString(16)}`))).toBe(429);
		expect((await anonymous.post("/auth/register", {}, from("2001:db8:0:2::1"))).status).toBe(422);
	});

	test("all without one share a count", async () => {
		const { anonymous } = testApp({ rateLimit: true });
		expect(await use(anonymous, () => ({}))).toBe(429);
	});
});

test.each([
	["203.0.113.7", "203.0.113.7"],
	["2001:db8::1", "2001:db8:0:0::/64"],
	["2001:0DB8:0000:0001:ffff::1", "2001:db8:0:1::/64"],
	["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
	["::1", "0:0:0:0::/64"],
	["fe80::1%eth0", "fe80:0:0:0::/64"],
	["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
	["1:2:3:4:5:6:192.0.2.1", "1:2:3:4::/64"],
	["1:2:3::", "1:2:3:0::/64"],
])("%s is in %s", (address, expected) => {
	expect(rateLimitKey(address)).toBe(expected);
});

test("whatever form an address of IPv6 is written in, its first four groups say where it is", () => {
	const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
	fc.assert(
		fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), fc.nat(7), (groups, from) => {
			const hex = groups.map((group) => group.toString(16));
			const length = hex.slice(from).findIndex((group) => group !== "0");
			const end = length < 0 ? 8 : from + length;
			const short = `${hex.slice(0, from).join(":")}::${hex.slice(end).join(":")}`;
			const long = hex.map((group) => group.toUpperCase().padStart(4, "0")).join(":");
			const forms = [hex.join(":"), long, ...(end > from ? [short] : [])];
			for (const form of forms) expect(rateLimitKey(form)).toBe(`${hex.slice(0, 4).join(":")}::/64`);
		}),
	);
});

describe("guessing passwords", () => {
	test("after five failures there are delays that double, up to a quarter of an hour; asking early changes nothing", async () => {
		const { as, signIn, wait } = limited();
		await as("ada");
		const delays: number[] = [];
		for (let i = 0; i < 17; i++) {
			expect((await signIn("ada", "wrong", anywhere(i))).status).toBe(401);
			if (i < 4) continue;
			const early = await signIn("Ada ", password, anywhere(100 + i));
			delays.push(retryAfter(early));
			wait(retryAfter(early) - 0.001);
			expect((await signIn("ada", password, anywhere(200 + i))).status).toBe(429);
			wait(0.001);
		}
		expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
		expect((await signIn("ada", password, anywhere(999))).status).toBe(200);
		expect((await signIn("ada", "wrong", anywhere(1000))).status).toBe(401);
		expect((await signIn("ada", "wrong", anywhere(1001))).status).toBe(401);
	});

	test("10,000 guesses from as many addresses get five passwords compared at once, and a hundred in a day", async () => {
		const argon2 = { ...bunArgon2 };
		const { as, signIn, wait } = limited({ argon2 });
		await as("ada");
		const compare = spyOn(argon2, "verify");
		const compared = () => compare.mock.calls.length;
		await Promise.all(Array.from({ length: 5_000 }, (_, i) => signIn("ada", `guess ${i}`, anywhere(i))));
		expect(compared()).toBe(5);
		for (let i = 5_000; i < 10_000; i++) {
			wait(86_400 / 5_000);
			await signIn("ADA", `guess ${i}`, anywhere(i));
		}
		expect(compared()).toBeLessThan(110);

		// Its owner, meanwhile, at home and elsewhere.
		expect((await signIn("ada", password)).status).toBe(200);
		const elsewhere = from("198.51.100.1");
		const early = await signIn("ada", password, elsewhere);
		expect([early.status, retryAfter(early) <= 900]).toEqual([429, true]);
		wait(retryAfter(early));
		expect((await signIn("ada", password, elsewhere)).status).toBe(200);
	});

	test("who guesses at the owner's own address makes them wait a minute at most", async () => {
		const { as, signIn, wait } = limited();
		await as("ada");
		for (let i = 0; i < 3_600; i++) {
			await signIn("ada", "wrong");
			wait(1);
		}
		const early = await signIn("ada", password);
		expect([early.status, retryAfter(early) <= 60]).toEqual([429, true]);
		wait(retryAfter(early));
		expect((await signIn("ada", password)).status).toBe(200);
	});

	test("an address becomes a home by signing in there and by renewing a session, for the name and the e-mail address", async () => {
		const { as, anonymous, signIn } = limited();
		const ada = await as("ada");
		const refresh = await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken }, from("198.51.100.2"));
		expect(refresh.status).toBe(200);
		expect((await signIn("ada", password, from("198.51.100.1"))).status).toBe(200);
		for (const name of ["ada", "ada@example.com"])
			for (let i = 0; i < 10; i++) await signIn(name, "wrong", anywhere(i));

		const statusAt = async (name: string, address: string) => (await signIn(name, password, from(address))).status;
		expect(await statusAt("ada", "198.51.100.1")).toBe(200);
		expect(await statusAt("ada", "198.51.100.2")).toBe(200);
		expect(await statusAt("ADA@example.com", "198.51.100.2")).toBe(200);
		expect(await statusAt("ada", "198.51.100.3")).toBe(429);
	});

	test("the username and the e-mail address of an account share its free guesses, however they are written", async () => {
		const argon2 = { ...bunArgon2 };
		const app = limited({ argon2 });
		await app.as("ada");
		const compare = spyOn(argon2, "verify");
		const names = ["ada", "ada@example.com", "ADA", " Ada@Example.COM ", "\uff41da"];
		const statuses: number[] = [];
		for (let i = 0; i < 10; i++) statuses.push((await app.signIn(names[i % 5] ?? "", "wrong", anywhere(i))).status);
		expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429, 429]);
		expect(compare.mock.calls.length).toBe(5);
		app.wait(1);
		expect((await app.signIn("ada@example.com", password, anywhere(11))).status).toBe(200);
		// Being right clears the count of the account, not of one name.
		for (const name of names.slice(0, 4)) expect((await app.signIn(name, "wrong", anywhere(12))).status).toBe(401);
	});

	test("an account that does not exist yet leaves nothing to the one that takes its name", async () => {
		const { as, signIn } = limited();
		for (let i = 0; i < 5; i++) await signIn("ada", "wrong", anywhere(i));
		expect((await signIn("ada", "wrong", anywhere(5))).status).toBe(429);
		await as("ada");
		expect((await signIn("ada", password, anywhere(6))).status).toBe(200);
	});

	test("a deleted account is counted by what was typed, and its owner comes back from home", async () => {
		const { as, anonymous } = limited();
		const ada = await as("ada");
		expect((await ada.delete("/users/me", { password })).status).toBe(204);
		const restore = (password: string, headers?: Record<string, string>) =>
			anonymous.post("/auth/restore", { username: "ada", password }, headers);
		for (let i = 0; i < 5; i++) expect((await restore("wrong", anywhere(i))).status).toBe(401);
		// Another account of this name brings no new guesses at the deleted one.
		await anonymous.post("/auth/register", { username: "ada", email: "new@example.com", password }, anywhere(6));
		expect((await restore("wrong", anywhere(7))).status).toBe(429);
		expect((await restore(password)).status).toBe(409);
	});

	test("names that nobody has are refused the same way", async () => {
		const { as, signIn } = limited();
		await as("ada");
		const answers = async (name: string) => {
			const replies: unknown[] = [];
			for (let i = 0; i < 8; i++) {
				const reply = await signIn(name, "wrong", anywhere(i));
				replies.push([reply.status, reply.body.detail, ...told(reply), retryAfter(reply)]);
			}
			return replies;
		};
		expect(await answers("nobody")).toEqual(await answers("ada"));
	});

	test("the whole school can sign in at once, and those who know their passwords use up nothing", async () => {
		const { accounts, signIn } = limited();
		const pupils = Array.from({ length: 300 }, (_, i) => `pupil${i}`);
		for (const username of pupils)
			await accounts.admin.create({ username, email: `${username}@example.com`, password }, "user", operator);
		for (const pupil of pupils) expect((await signIn(pupil, password)).status).toBe(200);
		for (const pupil of pupils.slice(0, 100)) await signIn(pupil, "wrong");
		// What was mistyped at home is the account's own matter.
		for (let i = 0; i < policies["login-address"].requests; i++) await signIn(`stranger${i}`, "wrong");
		expect((await signIn("stranger", "wrong")).status).toBe(429);
		for (const pupil of pupils) expect((await signIn(pupil, password)).status).toBe(200);
	});

	test("what is not compared counts as no failure: a suspended account, and a server that is too busy", async () => {
		const argon2 = { ...bunArgon2 };
		const { as, accounts, signIn } = limited({ argon2 });
		await as("ada");
		await accounts.admin.suspend("ada", operator);
		for (let i = 0; i < 10; i++) expect((await signIn("ada", password)).status).toBe(403);

		spyOn(argon2, "verify").mockImplementation(() => Bun.sleep(5).then(() => false));
		const statuses = await Promise.all(
			Array.from({ length: 100 }, async (_, i) => (await signIn(`nobody${i % 30}`, "x", anywhere(i))).status),
		);
		const busy = statuses.filter((status) => status === 503).length;
		expect(busy).toBeGreaterThan(0);
		expect(statuses.filter((status) => status === 401).length).toBe(100 - busy);
	});
});

describe("OAuth2 clients", () => {
	const post = (app: ReturnType<typeof limited>, fields: Record<string, string>, address = "203.0.113.1") =>
		app.request("POST", "/oauth/token", {
			body: new URLSearchParams(fields).toString(),
			headers: { "content-type": "application/x-www-form-urlencoded", ...from(address) },
		});

	test("share the count of wrong passwords, and are told in their own way", async () => {
		const app = limited();
		await app.as("ada");
		const guess = (password: string, i: number) =>
			post(app, { grant_type: "password", username: "ada", password }, `10.0.0.${i}`);
		for (let i = 0; i < 5; i++) expect((await guess("wrong", i)).status).toBe(400);
		const refused = await guess(password, 9);
		expect([refused.status, retryAfter(refused), refused.body]).toEqual([
			429,
			1,
			{ error: "temporarily_unavailable", error_description: "Too many requests. Try again in 1 s." },
		]);
		expect((await app.signIn("ada@example.com", password, from("10.0.0.9"))).status).toBe(429);
		app.wait(1);
		expect((await guess(password, 9)).status).toBe(200);
	});

	test("share the count of refreshes, and where they refresh is the account's home", async () => {
		const app = limited();
		const ada = await app.as("ada");
		const refreshed = await post(app, { grant_type: "refresh_token", refresh_token: ada.refreshToken }, "10.9.9.9");
		expect(told(refreshed)[1]).toMatch(/^"(?:refresh|address)"/);
		for (let i = 0; i < 10; i++) await app.signIn("ada", "wrong", anywhere(i));
		expect((await app.signIn("ada", password, from("10.9.9.9"))).status).toBe(200);

		for (let i = 0; i < policies.refresh.requests; i++)
			await app.anonymous.post("/auth/refresh", { refresh_token: "x" });
		const refused = await post(app, { grant_type: "refresh_token", refresh_token: "x" });
		expect([refused.status, refused.body.error]).toEqual([429, "temporarily_unavailable"]);
	});
});

test("a personal access token counts for its owner, as any other", async () => {
	const { as, withToken, anonymous } = limited();
	const ada = await as("ada");
	const { body } = await ada.post("/auth/tokens", { name: "bot", scopes: ["read"] });
	const bot = withToken(body.token);
	await bot.get("/auth/me"); // the first time it is the address that counts
	for (let i = 0; i < policies.account.requests; i++) await bot.get("/nowhere");

	expect([(await bot.get("/auth/me")).status, (await ada.get("/auth/me")).status]).toEqual([429, 429]);
	expect((await anonymous.get("/posts/")).status).toBe(200);
});

test("who set a new password with a link is at home where they did, whoever goes on guessing", async () => {
	const { as, anonymous, oneTimeLinks, signIn } = limited();
	const ada = await as("ada");
	for (let i = 0; i < 10; i++) await signIn("ada", "wrong", anywhere(i));
	const { token } = await oneTimeLinks.reset(ada.id, operator);
	const here = from("198.51.100.1");
	expect((await signIn("ada", "another good one", here)).status).toBe(429);
	const reset = await anonymous.post("/auth/reset", { token, new_password: "another good one" }, here);
	expect(reset.status).toBe(204);
	expect((await signIn("ada", "another good one", here)).status).toBe(200);
});

test("what was refused is counted by policy", async () => {
	const counted = metrics();
	const { anonymous, asAdmin, signIn } = limited({ metrics: counted, observers: [counted.observer] });
	const root = await asAdmin("root");
	for (let i = 0; i < 10; i++) await signIn("ada", "wrong");
	for (let i = 0; i < policies.search.requests + 2; i++) await anonymous.get("/users?q=a");
	const { body } = await root.get("/metrics");

	expect(body).toContain('minifeed_rate_limited_total{policy="login"} 5');
	expect(body).toContain('minifeed_rate_limited_total{policy="search"} 2');
});

test("the documentation says where it can happen, and which answers tell of a limit", async () => {
	type Operation = { responses: Record<string, { $ref?: string; headers?: object }> };
	const { anonymous } = testApp();
	const { body } = await anonymous.get("/openapi.json");
	const operations = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(
		([path, methods]) =>
			Object.entries(methods).map(([method, { responses }]) => ({ name: `${method} ${path}`, path, responses })),
	);
	for (const { name, path, responses } of operations)
		expect([name, "429" in responses]).toEqual([name, path !== "/livez" && path !== "/readyz"]);
	expect(Object.keys(body.components.responses.TooManyRequests.headers).sort()).toEqual(
		["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"].sort(),
	);
	const tell = operations.filter(({ responses }) =>
		Object.entries(responses).some(([status, { headers = {} }]) => status < "300" && "RateLimit" in headers),
	);
	expect(tell.map(({ name }) => name).sort()).toEqual(
		[
			"delete /comments/{comment_id}",
			"delete /likes/posts/{post_id}/like",
			"delete /posts/{post_id}",
			"delete /trash/{id}",
			"delete /users/me",
			"delete /users/{username}/follow",
			"get /posts/",
			"get /tags",
			"get /users",
			"patch /posts/{post_id}",
			"patch /posts/{post_id}/",
			"patch /users/me",
			"patch /users/me/",
			"post /auth/login",
			"post /auth/login/",
			"post /auth/password",
			"post /auth/refresh",
			"post /auth/refresh/",
			"post /auth/register",
			"post /auth/restore",
			"post /comments/posts/{post_id}/comments",
			"post /likes/posts/{post_id}/like",
			"post /oauth/token",
			"post /posts",
			"post /posts/",
			"post /trash/{id}/restore",
			"post /users/{username}/follow",
		].sort(),
	);
});
