import type { Static } from "@sinclair/typebox";
import type * as auth from "./accounts/auth/model";
import type { Duration, TestApp, TestAppOptions } from "./testing/types";

export type * from "./testing/types";

export async function createTestApp({
	users = 20,
	posts = 100,
	seed: number = 1,
}: TestAppOptions = {}): Promise<TestApp> {
	const { memoryApp, seed, seedEnd, seedPassword } = await loaded();
	const clock = {
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
		// A defect of the server must not look like an answer to a test.
		if (failures.length) throw new Error("minifeed itself failed; this is a bug of it.", { cause: failures.shift() });
		return response;
	}

	const close = async () => {
		await media.end();
		await stores.close();
	};

	return {
		fetch: Object.assign(answer, { preconnect() {} }) satisfies typeof fetch,
		async signIn(username = "ada", password = seedPassword) {
			const response = await answer("/auth/login", {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({ username, password }),
			});
			if (!response.ok) throw new Error(`${username} cannot sign in: ${await response.text()}`);
			return (await response.json()) as Static<typeof auth.Session>;
		},
		clock,
		people: usernames,
		close,
		[Symbol.asyncDispose]: close,
	};
}

/** Base of relative addresses. */
const origin = "http://minifeed.test";

let modules: ReturnType<typeof load> | undefined;
const loaded = () => {
	modules ??= load();
	return modules;
};

/**
 * Elysia reads NODE_ENV at its first import, and answers differently outside of production. The app of a test must be the
 * app of production. So the first call imports it with NODE_ENV=production, and then restores the environment, which a
 * front end may read.
 */
async function load() {
	const before = Bun.env.NODE_ENV;
	Bun.env.NODE_ENV = "production";
	try {
		const [memory, seed] = await Promise.all([import("./testing/memory"), import("./seed")]);
		return { ...memory, ...seed };
	} finally {
		if (before === undefined) delete Bun.env.NODE_ENV;
		else Bun.env.NODE_ENV = before;
	}
}
