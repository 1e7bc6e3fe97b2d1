import { expect, jest, test } from "bun:test";
import { memoryStores, password, testApp } from "../support/app";

test("an unknown address is a problem", async () => {
	const { anonymous } = testApp();
	const { status, headers, body } = await anonymous.get("/nope/nothing?x=1");

	expect(status).toBe(404);
	expect(headers.get("content-type")).toBe("application/problem+json");
	expect(headers.get("x-content-type-options")).toBe("nosniff");
	expect(headers.get("referrer-policy")).toBe("no-referrer");
	expect(body).toEqual({
		type: "about:blank",
		title: "Not Found",
		status: 404,
		code: "not_found",
		detail: "There is no such address.",
		instance: headers.get("x-request-id"),
	});
});

test("a known address says which methods it takes", async () => {
	const { anonymous, request } = testApp();
	const put = await anonymous.put("/posts/", {});
	expect([put.status, put.body.code, put.headers.get("allow")]).toEqual([
		405,
		"method_not_allowed",
		"GET, HEAD, OPTIONS, POST",
	]);
	expect((await anonymous.post("/auth/me")).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
	expect((await anonymous.get("/auth/login")).headers.get("allow")).toBe("OPTIONS, POST");
	expect((await anonymous.put("/users/me")).headers.get("allow")).toBe("DELETE, GET, HEAD, OPTIONS, PATCH");
	expect((await request("PROPFIND", "/posts/")).status).toBe(405);
});

test("only one slash is optional, and only at the end", async () => {
	const { anonymous } = testApp();
	for (const path of ["//posts/", "/posts//", "/posts//x", "//", "/users//follow", "/users//posts"])
		expect([path, (await anonymous.post(path, {})).status]).toEqual([path, 404]);
	expect((await anonymous.post("/", {})).status).toBe(405);
});

test("a trailing slash is optional everywhere", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	for (const path of [
		"/posts",
		"/feed",
		"/users?q=a",
		"/auth/me/",
		"/users/ada/",
		"/users/ada/posts/",
		"/livez/",
		"/docs/",
	])
		expect([path, (await ada.get(path)).status]).toEqual([path, 200]);
	expect((await ada.post("/posts", { content: "x" })).status).toBe(201);
});

test("HEAD works wherever GET does, with the same headers and no body", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	const { body: post } = await ada.post("/posts/", { content: "Hello" });
	for (const path of [
		"/",
		"/livez",
		"/docs",
		"/openapi.json",
		"/posts/",
		`/posts/${post.id}`,
		"/feed/",
		"/users/ada",
	]) {
		const get = await ada.get(path);
		const head = await ada.head(path);
		expect([path, head.status, head.body]).toEqual([path, 200, ""]);
		expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
	}
	expect((await ada.head("/posts/nothing")).status).toBe(404);
	expect((await ada.head("/auth/login")).status).toBe(405);
});

test("a stranger gets 401 before the body is read", async () => {
	const { anonymous } = testApp();
	for (const body of ["{", "[".repeat(100), "x".repeat(70_000), '{"content":5}'])
		expect((await anonymous.post("/posts/", body)).status).toBe(401);
	expect((await anonymous.post("/posts/", "<xml/>", { "content-type": "text/xml" })).status).toBe(401);
});

test.each([
	["no body", undefined, "application/json", 400],
	["an empty body", "", "application/json", 400],
	["half a body", '{"content":', "application/json", 400],
	["text", "hello", "application/json", 400],
	["33 levels", `${"[".repeat(33)}${"]".repeat(33)}`, "application/json", 400],
	["33 levels in a field", `{"content":"x","more":${'{"a":'.repeat(32)}1${"}".repeat(32)}}`, "application/json", 400],
	["more than 64 KiB", JSON.stringify({ content: "x".repeat(65_536) }), "application/json", 413],
	["no type", '{"content":"x"}', "", 415],
	["another type", '{"content":"x"}', "text/plain", 415],
	["a form", "content=x", "application/x-www-form-urlencoded", 415],
	["a form without a picture", "--x--", "multipart/form-data; boundary=x", 422],
	["another character set", '{"content":"x"}', "application/json; charset=utf-16", 415],
	["a type with parameters", '{"content":"x"}', "application/JSON; charset=UTF-8", 201],
	["32 levels", `{"content":"x","more":${"[".repeat(31)}${"]".repeat(31)}}`, "application/json", 422],
	["brackets in text", JSON.stringify({ content: `${"[{".repeat(100)}\\"` }), "application/json", 201],
])("a body of %s", async (_, body, type, expected) => {
	const { as, request } = testApp();
	const { accessToken } = await as("ada");
	const headers = new Headers({ authorization: `Bearer ${accessToken}` });
	const reply = await request("POST", "/posts/", {
		body: body === undefined ? undefined : new TextEncoder().encode(body),
		headers: type ? [...headers, ["content-type", type]] : headers,
	});

	expect(reply.status).toBe(expected);
});

test("a body that is not UTF-8, compressed, or longer than it says", async () => {
	const { as, request } = testApp();
	const { accessToken } = await as("ada");
	const post = (body: RequestInit["body"], more: Record<string, string> = {}) =>
		request("POST", "/posts/", {
			body,
			headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json", ...more },
		});
	const endless = () =>
		new ReadableStream({ pull: (controller) => controller.enqueue(new TextEncoder().encode('"aaaaaaaaaaaaaaaa",')) });

	expect((await post(new Uint8Array([0x22, 0xff, 0xfe, 0x22]))).status).toBe(400);
	expect((await post("{}", { "content-encoding": "gzip" })).status).toBe(415);
	expect((await post(endless())).status).toBe(413);
	expect((await post("{}", { "content-length": "70000" })).status).toBe(413);
});

test("a body that dribbles in is given up, and half of it is not taken for the whole", async () => {
	const { as, anonymous, request } = testApp();
	await as("ada");
	jest.useFakeTimers();
	try {
		const start = new TextEncoder().encode(`username=ada&password=${encodeURIComponent(password)}`);
		const body = new ReadableStream({ start: (controller) => controller.enqueue(start) }); // and never ends
		const reply = request("POST", "/auth/login", {
			body,
			headers: { "content-type": "application/x-www-form-urlencoded" },
		});
		await anonymous.get("/livez"); // by now it waits for more
		jest.advanceTimersByTime(20_000);
		const { status, body: problem } = await reply;
		expect([status, problem.detail]).toEqual([400, "The body took longer than 20 seconds."]);
	} finally {
		jest.useRealTimers();
	}
});

test("what arrives at once is bounded: past it the answer is 503, and then all is well again", async () => {
	const { anonymous, request } = testApp();
	const part = new TextEncoder().encode(`{"username":"${"a".repeat(60_000)}`);
	const senders: ReadableStreamDefaultController[] = [];
	const replies = Array.from({ length: 600 }, () => {
		const body = new ReadableStream({
			start(controller) {
				controller.enqueue(part);
				senders.push(controller);
			},
		});
		return request("POST", "/auth/login", { body, headers: { "content-type": "application/json" } });
	});
	await Bun.sleep(50);
	for (const sender of senders)
		try {
			sender.close();
		} catch {} // those that were refused are closed already
	const refused = (await Promise.all(replies)).filter(({ status }) => status === 503);

	expect(refused.length).toBe(600 - Math.floor((32 * 1024 * 1024) / part.length));
	expect(refused[0]?.body.code).toBe("busy");
	expect(refused[0]?.headers.get("retry-after")).toBe("2");
	expect((await anonymous.post("/auth/login", { username: "ada", password })).status).toBe(401);
});

test("a form may have a field only once", async () => {
	const { anonymous } = testApp();
	const { status } = await anonymous.post("/auth/login", "username=a&username=b&password=c", {
		"content-type": "application/x-www-form-urlencoded",
	});

	expect(status).toBe(400);
});

test("a hostile body costs no time: what is refused is never printed", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	const nested = `{"content":${"[".repeat(31)}${'"x",'.repeat(15_000)}"x"${"]".repeat(31)}}`;
	const { status, body } = await ada.post("/posts/", nested);

	expect(status).toBe(422);
	expect(JSON.stringify(body).length).toBeLessThan(1000);
});

test.each([
	["/limit", "limit=0"],
	["/limit", "limit=101"],
	["/limit", "limit=-1"],
	["/limit", "limit=1.5"],
	["/limit", "limit=1e2"],
	["/limit", "limit=0x10"],
	["/limit", "limit=NaN"],
	["/limit", "limit="],
	["/limit", "limit=%20"],
	["/limit", "limit=99999999999999999999"],
	["/cursor", "cursor=abc"],
	["/cursor", "cursor=%00"],
	["/cursor", `cursor=${"x".repeat(2000)}`],
	["/sort", "sort=relevant"],
	["/q", `q=${"x".repeat(501)}`],
])("a bad query parameter is named: %s in ?%s", async (pointer, query) => {
	const { status, body } = await testApp().anonymous.get(`/posts/?${query}`);

	expect([status, body.errors?.[0]?.pointer]).toEqual([422, pointer]);
});

test("an error of our own says nothing but its id, and is logged", async () => {
	const stores = memoryStores();
	stores.posts.byId = () => Promise.reject(new Error("SQLITE_ERROR: no such table at /home/ada/secret"));
	const { anonymous, failures } = testApp({ stores });
	const { status, headers, body } = await anonymous.get("/posts/1");

	expect(status).toBe(500);
	expect(body).toEqual({
		type: "about:blank",
		title: "Internal Server Error",
		status: 500,
		code: "internal",
		detail: "The server failed to handle this request.",
		instance: headers.get("x-request-id"),
	});
	expect(String(failures[0])).toContain("no such table");
});

test("an answer that is not as declared would fail the suite", async () => {
	const stores = memoryStores();
	const { as } = testApp({ stores });
	const ada = await as("ada");
	const { body } = await ada.post("/posts/", { content: "x" });
	const byId = stores.posts.byId;
	stores.posts.byId = async (...found) => {
		const post = await byId(...found);
		return post && { ...post, likeCount: "many" as unknown as number };
	};

	expect(ada.get(`/posts/${body.id}`)).rejects.toThrow("/like_count");
});

test("the server says that it is ready only when the database answers", async () => {
	const stores = memoryStores();
	const { anonymous } = testApp({ stores });
	expect((await anonymous.get("/livez")).body).toEqual({ status: "ok" });
	expect((await anonymous.get("/readyz")).body).toEqual({ status: "ok" });
	expect((await anonymous.get("/")).body).toMatchObject({ name: "minifeed", docs: "/docs" });
	stores.ping = () => Promise.reject(new Error("gone"));

	expect((await anonymous.get("/readyz")).status).toBe(503);
	expect((await anonymous.get("/livez")).status).toBe(200);
});
