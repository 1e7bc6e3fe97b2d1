// For the compiler of who imports this: it does not find them by itself.
/// <reference path="./db/sqlite/sql.d.ts" />
/// <reference path="./http/assets.d.ts" />
import type { Static } from "@sinclair/typebox";
import type * as auth from "./auth/model";

/** What `POST /auth/login` answers. */
export type Session = Static<typeof auth.Session>;

export type TestAppOptions = {
	/** How large the community is, and which of all possible ones. */
	users?: number;
	posts?: number;
	seed?: number;
};

type Duration = { days?: number; hours?: number; minutes?: number; seconds?: number };

/**
 * The whole API in memory, with a small community in it, for the tests of a front end. Each call makes one of its own;
 * the same options make the same people and posts.
 */
export async function createTestApp({ users = 20, posts = 100, seed: number = 1 }: TestAppOptions = {}) {
	const { memoryApp, seed, seedEnd, seedPassword } = await loaded();
	const clock = {
		/** The app's time. It stands still until it is moved. */
		now: new Date(seedEnd),
		advance({ days = 0, hours = 0, minutes = 0, seconds = 0 }: Duration) {
			clock.now = new Date(clock.now.getTime() + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
		},
	};
	const failures: unknown[] = [];
	const { app, media, stores } = memoryApp({
		now: () => clock.now,
		observers: [{ failed: (_, error) => failures.push(error) }],
	});
	const { usernames } = await seed(stores, { users, posts, seed: number });

	async function answer(input: string | URL | Request, init?: RequestInit): Promise<Response> {
		const { pathname, search } = new URL(input instanceof Request ? input.url : input, origin);
		// Elysia takes an address apart by counting the characters of `http://`.
		const request = new Request(origin + pathname + search, input instanceof Request ? new Request(input, init) : init);
		request.headers.delete("accept-encoding"); // the global fetch would decompress the answer
		request.signal.throwIfAborted();
		const response = await app.handle(request);
		request.signal.throwIfAborted();
		// What is our fault should not look like an answer to a test.
		if (failures.length) throw new Error("minifeed itself failed; this is a bug of it.", { cause: failures.shift() });
		return response;
	}

	const close = async () => {
		await media.end();
		await stores.close();
	};

	return {
		/** Like the global `fetch`, to be given in its place. Every address is the app's, whatever its origin; paths will do. */
		fetch: Object.assign(answer, { preconnect() {} }) satisfies typeof fetch,

		/** Signs in, by default as `ada`. Everybody of the community has the same password. */
		async signIn(username = "ada", password = seedPassword): Promise<Session> {
			const response = await answer("/auth/login", {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ username, password }),
			});
			if (!response.ok) throw new Error(`${username} cannot sign in: ${await response.text()}`);
			return (await response.json()) as Session;
		},

		clock,

		/** The usernames of the community, `ada` first. */
		people: usernames,

		close,
		[Symbol.asyncDispose]: close,
	};
}
export type TestApp = Awaited<ReturnType<typeof createTestApp>>;

/** Where relative addresses lead. */
const origin = "http://minifeed.test";

let modules: ReturnType<typeof load> | undefined;
const loaded = () => {
	modules ??= load();
	return modules;
};

/**
 * Elysia reads NODE_ENV when it is first imported, and answers otherwise outside of production: the app in a test must
 * be the app that people use. Hence the imports at the first call, in production, and the environment as it was after it:
 * a front end has its own reasons to read it.
 */
async function load() {
	const before = Bun.env.NODE_ENV;
	Bun.env.NODE_ENV = "production";
	try {
		const [memory, seed] = await Promise.all([import("./memory"), import("./seed")]);
		return { ...memory, ...seed };
	} finally {
		if (before === undefined) delete Bun.env.NODE_ENV;
		else Bun.env.NODE_ENV = before;
	}
}
