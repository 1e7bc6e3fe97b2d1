import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { version } from "../../src/core/version";
import type { Document } from "../../src/http/docs/client";
import { password, type Reply, type TestApp, testApp } from "../support/app";
import { picture } from "../support/pictures";
import { temporaryProject } from "../support/project";

/** The compiler below holds it to its types; here, a test reads what it expects. */
type Api = Reply["body"];
type Session = { access_token: string; refresh_token: string; user: { id: string } };
type Module = {
	createClient: (options: object) => Api;
	all: (list: (page: object) => Promise<unknown>) => AsyncIterable<Reply["body"]>;
	ApiError: new () => Error;
};

const { anonymous } = testApp();
const served = await anonymous.get("/client.ts");
const source: string = served.body;
const document = (await anonymous.get("/openapi.json")).body as Document;

const { directory, write, remove } = temporaryProject("client");
let createClient: Module["createClient"];
let all: Module["all"];
let ApiError: Module["ApiError"];

beforeAll(async () => {
	await write("client.ts", source);
	({ createClient, all, ApiError } = (await import(join(directory, "client.ts"))) as Module);
});
afterAll(remove);

const person = (username: string) => ({ username, email: `${username}@example.com`, password });
const failure = async (call: Promise<unknown>): Promise<Reply["body"]> =>
	call.then(
		() => expect.unreachable("the call succeeded"),
		(error) => error,
	);

/** What a client sends to an app. */
function wire({ app }: TestApp) {
	const sent: { name: string; authorization: string | null }[] = [];
	const slow = new Map<string, { answered: () => void; arrives: Promise<void> }>();
	return {
		sent,
		named: (name: string) => sent.filter((request) => request.name === name).length,
		/** Has the answer to the next request of a name wait on its way until `arrive` is called. */
		slowDown(name: string) {
			const [answered, arrives] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
			slow.set(name, { answered: answered.resolve, arrives: arrives.promise });
			return { answered: answered.promise, arrive: arrives.resolve };
		},
		async fetch(url: string, init: RequestInit) {
			const request = new Request(url, init);
			const name = `${request.method} ${new URL(url).pathname}`;
			sent.push({ name, authorization: request.headers.get("authorization") });
			const response = await app.handle(request);
			const { answered, arrives } = slow.get(name) ?? {};
			slow.delete(name);
			answered?.();
			await arrives;
			return response;
		},
	};
}

/** Somebody signed in with a client, whose store can be seen and changed. */
async function signedIn(username = "ada") {
	const server = testApp();
	const requests = wire(server);
	const kept: { session: Session | null } = { session: null };
	const store = {
		get: async () => kept.session,
		set: async (session: Session | null) => {
			kept.session = session;
		},
	};
	const api = createClient({ baseUrl: "http://localhost/", fetch: requests.fetch, store });
	await api.register(person(username));
	const expire = () => {
		server.clock.now = new Date(server.clock.now.getTime() + 31 * 60_000);
	};
	return { server, requests, kept, store, api, expire };
}

test("a browser shows it, and it says what it is, and where it came from", () => {
	expect([served.status, served.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
	expect(source).toStartWith(`/**\n * Mini Social Feed ${version}: `);
	expect(source).toContain("curl -O http://localhost:8000/client.ts");
	expect(new Set(source.match(/https?:\/\/[^/"\s]+/g))).toEqual(new Set(["http://localhost:8000"]));
	expect(source).not.toMatch(/^import /m);
});

test("it has a method for every operation that answers with JSON, and a type for every schema", () => {
	const api = createClient({ baseUrl: "" });
	const operations = Object.values(document.paths)
		.flatMap((methods) => Object.values(methods))
		.filter(({ operationId }) => !/(WithPicture|AsForm)$/.test(operationId)); // one method takes both
	expect(operations.length).toBeGreaterThan(25);
	const names = operations.map(({ operationId }) => operationId);
	// An <img> fetches a picture, by the URL that a post tells; exports and backups are files; and OAuth2 is for clients that know no more than that.
	const others = ["exportMe", "getBackup", "getPicture", "grantTokens", "revokeToken"];
	expect([...Object.keys(api), ...others].sort()).toEqual(names.sort());
	for (const name of Object.keys(document.components.schemas)) {
		const isOfOAuth = name.startsWith("OAuth");
		expect([name, source.includes(`export type ${name} = `)]).toEqual([name, !isOfOAuth]);
	}
});

test("who registers is signed in: posts, likes, comments, the feed, and lists to their end", async () => {
	const { api } = await signedIn();
	for (let i = 1; i <= 5; i++) await api.createPost({ content: `Post ${i}` });
	const contents: string[] = [];
	for await (const { content } of all((page) => api.getPosts({ author: "ada", limit: 2, sort: undefined, ...page })))
		contents.push(content);
	expect(contents).toEqual(["Post 5", "Post 4", "Post 3", "Post 2", "Post 1"]);

	const post = (await api.getFeed({ limit: 1 })).items[0];
	expect(await api.like(post.id)).toEqual({ post_id: post.id, liked: true, like_count: 1 });
	expect((await api.createComment(post.id, { content: "Well said" })).author.username).toBe("ada");
	expect(await api.getPost(post.id)).toMatchObject({ liked: true, like_count: 1, comment_count: 1 });
	expect((await api.updatePost(post.id, { title: "Tea & cake?" })).title).toBe("Tea & cake?");
	expect((await api.findUsers({ q: "a" })).items).toHaveLength(1);
	expect(await api.deletePost(post.id)).toBeUndefined();
	expect((await failure(api.getPost(post.id))).code).toBe("not_found");
});

/** What an <img> would get: it sends no token. */
const shownAt = async ({ app }: TestApp, url: string) =>
	(await app.handle(new Request(`http://localhost${url}`))).status;

test("a picture goes out with a post, gives way to another, and is taken away", async () => {
	const { api, server } = await signedIn();
	const image = await picture();
	const made = await api.createPost({ image, image_alt: "Tea", title: null, visibility: "followers" });
	expect(made).toMatchObject({ content: "", image: { width: 64, height: 48, alt: "Tea" }, visibility: "followers" });
	expect(made.image_url).toBe(made.image.url);
	expect(await shownAt(server, made.image.url)).toBe(200);

	const other = await picture({ width: 32, height: 16 });
	const changed = await api.updatePost(made.id, { image: other, image_alt: undefined, title: "Coffee" });
	expect(changed).toMatchObject({
		title: "Coffee",
		image: { width: 32, height: 16, alt: "" },
		visibility: "followers",
	});
	expect([await shownAt(server, made.image.url), await shownAt(server, changed.image.url)]).toEqual([404, 200]);
	expect((await api.updatePost(made.id, { image_alt: "Coffee" })).image.alt).toBe("Coffee");
	expect((await api.updatePost(made.id, { image: other, title: null })).title).toBeNull();

	expect((await failure(api.updatePost(made.id, { image: null }))).errors).toMatchObject([{ pointer: "/content" }]);
	const bare = await api.updatePost(made.id, { image: null, content: "All drunk", title: null });
	expect(bare).toMatchObject({ content: "All drunk", title: null, image: null, image_url: null });
	expect(await shownAt(server, changed.image.url)).toBe(404);
});

test("so does an avatar with a profile", async () => {
	const { api, server } = await signedIn();
	const set = await api.updateMe({ avatar: await picture(), bio: "Tea" });
	expect([set.bio, await shownAt(server, set.avatar_url), await shownAt(server, set.avatar_thumbnail_url)]).toEqual([
		"Tea",
		200,
		200,
	]);
	expect((await api.updateMe({ bio: "Coffee" })).avatar_url).toBe(set.avatar_url);
	expect(await api.updateMe({ avatar: null })).toMatchObject({ bio: "Coffee", avatar_url: null });
	expect(await shownAt(server, set.avatar_url)).toBe(404);
});

test("a picture is sent again when the access token had expired, and refused as anything else is", async () => {
	const { api, expire, requests } = await signedIn();
	expire();
	expect((await api.createPost({ image: await picture() })).image.width).toBe(64);
	expect(requests.named("POST /posts/")).toBe(2);
	expect((await failure(api.createPost({ image: new Blob(["no picture"]) }))).code).toBe("unsupported_media");
	const error = await failure(api.createPost({ image: await picture(), visibility: "friends" }));
	expect(error.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(["/visibility"]);
});

test("a list whose call leaves the page out is not walked for ever", async () => {
	const { api } = await signedIn();
	for (const content of ["One", "Two"]) await api.createPost({ content });
	const walk = async () => {
		for await (const _ of all(() => api.getPosts({ limit: 1 })));
	};
	expect((await failure(walk())).message).toBe(
		"The call ignores its page argument, so it would get the first page again and again.",
	);
});

test("what the API refuses is an ApiError with its code and the rules", async () => {
	const { api } = await signedIn();
	const error = await failure(api.createPost({ content: " ", title: 1 }));
	expect(error).toBeInstanceOf(ApiError);
	expect([error.name, error.status, error.code]).toEqual(["ApiError", 422, "invalid"]);
	expect(error.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(["/content", "/title"]);
	expect(error.message).toStartWith("Some fields are not valid. content: Must be 1 to 5000 characters");
	expect(error.problem.instance).toBe(error.response.headers.get("x-request-id"));
	expect(await failure(api.register(person("ada")))).toMatchObject({ code: "conflict", errors: [] });
});

test("so is what somebody else answers, but for what fetch throws itself", async () => {
	const answers = [
		new Response("<h1>Bad Gateway</h1>", { status: 502 }),
		new Response("<!doctype html>"),
		Response.json("no", { status: 403 }),
		Response.json(null, { status: 404 }),
	];
	for (const answer of answers) {
		const error = await failure(createClient({ baseUrl: "", fetch: async () => answer }).about());
		expect(error).toBeInstanceOf(ApiError);
		expect([error.status, error.code, error.problem, error.errors]).toEqual([answer.status, null, null, []]);
		expect(error.message).toBe(`Status ${answer.status}, not from this API.`);
	}
	const offline = new TypeError("offline");
	const api = createClient({ baseUrl: "", fetch: async () => Promise.reject(offline) });
	expect(await failure(api.about())).toBe(offline);
});

test("any text may be an id: it never becomes another address", async () => {
	const { api, requests } = await signedIn();
	for (const id of ["", ".", "..", "../users/ada", "a/b?c#d", "%2e%2e"])
		expect([id, (await failure(api.getUser(id))).code]).toEqual([id, "not_found"]);
	expect(requests.sent.every(({ name }) => /^(GET \/users\/[^/]+|POST \/auth\/register)$/.test(name))).toBe(true);
});

test("calls whose access token has expired share one refresh, and are repeated", async () => {
	const { api, expire, kept, requests } = await signedIn();
	const before = kept.session;
	expire();
	const [feed, me, post] = await Promise.all([api.getFeed(), api.getMe(), api.createPost({ content: "Hello" })]);
	expect([feed.next_cursor, me.username, post.content]).toEqual([null, "ada", "Hello"]);
	expect(["GET /feed/", "GET /auth/me", "POST /posts/", "POST /auth/refresh"].map(requests.named)).toEqual([
		2, 2, 2, 1,
	]);
	expect(kept.session?.refresh_token).not.toBe(before?.refresh_token);

	expire();
	await api.getMe();
	expect(requests.named("POST /auth/refresh")).toBe(2);
});

test("a client that shares its store takes the session that another has renewed", async () => {
	const { api, expire, requests, server, store } = await signedIn();
	const other = wire(server);
	const second = createClient({ baseUrl: "http://localhost", fetch: other.fetch, store });
	expire();
	await api.getMe();
	server.clock.now = new Date(server.clock.now.getTime() + 60_000);
	expect((await second.getMe()).username).toBe("ada");
	expect([requests.named("POST /auth/refresh"), other.named("POST /auth/refresh")]).toEqual([1, 0]);
});

test("a session that ended is forgotten: the call fails, and the next one is a stranger's", async () => {
	const { api, server, kept, requests } = await signedIn();
	await api.createPost({ content: "Hello" });
	await server.anonymous.post("/auth/logout", { refresh_token: kept.session?.refresh_token });
	expect(await failure(api.getPosts())).toMatchObject({ status: 401, code: "unauthenticated" });
	expect([kept.session, requests.named("POST /auth/refresh")]).toEqual([null, 1]);
	expect((await api.getPosts()).items).toHaveLength(1);
});

test("a refresh that could not be tried keeps the session", async () => {
	const { expire, kept, requests, store } = await signedIn();
	const api = createClient({
		baseUrl: "http://localhost",
		store,
		fetch: async (url: string, init: RequestInit) =>
			url.endsWith("/auth/refresh") ? new Response("", { status: 502 }) : requests.fetch(url, init),
	});
	expire();
	expect((await failure(api.getMe())).status).toBe(502);
	expect(kept.session).not.toBeNull();
});

test("signing out ends the session here and there, even while it is renewed", async () => {
	const { api, expire, kept, requests, server } = await signedIn();
	const { refresh_token } = kept.session as Session;
	expire();
	const refresh = requests.slowDown("POST /auth/refresh");
	const late = failure(api.getMe());
	await refresh.answered;
	await api.logout();
	refresh.arrive();
	expect((await late).code).toBe("unauthenticated");
	expect(kept.session).toBeNull();
	expect((await server.anonymous.post("/auth/refresh", { refresh_token })).status).toBe(401);
	expect(await api.logout()).toBeUndefined();
	expect((await failure(api.refresh())).message).toBe("Not signed in.");
});

test("a call is never repeated as somebody else", async () => {
	const { api, expire, kept, requests, server } = await signedIn();
	expire();
	const post = requests.slowDown("POST /posts/");
	const late = failure(api.createPost({ content: "From ada" }));
	await post.answered;
	kept.session = (await server.anonymous.post("/auth/register", person("bob"))).body;
	post.arrive();
	expect((await late).code).toBe("unauthenticated");
	expect((await api.getPosts()).items).toEqual([]);
	expect((await api.getMe()).username).toBe("bob");
});

test("who deletes their account is signed out, unless the password was wrong, and brings it back signed in", async () => {
	const { api, kept } = await signedIn();
	expect((await failure(api.deleteMe({ password: "wrong" }))).code).toBe("unauthenticated");
	expect(kept.session).not.toBeNull();
	expect(await api.deleteMe({ password })).toBeUndefined();
	expect(kept.session).toBeNull();
	const session = await api.restoreMe({ username: "ada", password });
	expect([kept.session, (await api.getMe()).username]).toEqual([session, "ada"]);
});

test("a token of one's own is sent where it is of use, and gives way to a session", async () => {
	const { server, kept } = await signedIn();
	const token = kept.session?.access_token;
	for (const given of [token, () => token, async () => token]) {
		const { fetch, sent } = wire(server);
		const api = createClient({ baseUrl: "http://localhost", token: given, fetch });
		expect((await api.getMe()).username).toBe("ada");
		await api.about();
		await api.login({ username: "ada", password });
		await api.getMe();
		const [own, about, login, kept] = sent.map(({ authorization }) => authorization);
		expect([own, about, login]).toEqual([`Bearer ${token}`, null, null]);
		expect(kept).not.toBe(own as string);
	}
	const { fetch, sent } = wire(server);
	const stranger = createClient({ baseUrl: "http://localhost", token: () => null, fetch });
	expect((await stranger.getPosts()).items).toEqual([]);
	expect((await failure(stranger.getFeed())).code).toBe("unauthenticated");
	expect(sent.map(({ name, authorization }) => [name, authorization])).toEqual([
		["GET /posts/", null],
		["GET /feed/", null],
	]);
});

test("a call can be given up", async () => {
	const { api } = await signedIn();
	const signal = AbortSignal.abort();
	const waiting = createClient({
		baseUrl: "http://localhost",
		fetch: async (_: string, init: RequestInit) => init.signal?.throwIfAborted(),
	});
	expect((await failure(waiting.getPosts({}, { signal }))).name).toBe("AbortError");
	expect((await api.getPosts({}, { signal: new AbortController().signal })).items).toEqual([]);
});
