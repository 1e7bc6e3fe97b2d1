import { afterEach, beforeEach, expect } from "bun:test";
import type { NewUser } from "../../src/accounts/users/store";
import type { Caller } from "../../src/core/caller";
import type { Time } from "../../src/core/clock";
import type { Page, PageRequest } from "../../src/core/page";
import type { Stores } from "../../src/db/stores";
import type { NewImage } from "../../src/media/store";
import type { NewPost } from "../../src/social/posts/store";

/** Opens an empty database. */
export type Engine = (options?: { time?: Time }) => Stores;

export const at = (milliseconds = 0) => new Date(Date.UTC(2026, 0, 2) + milliseconds);
export const hash = (byte: number) => Buffer.alloc(32, byte);
export const origin = { address: "", device: "" };
export const moveToTrash = { at: at(), byOwner: true, quota: 1_000 };
export const gone = { code: "unauthenticated" };
const invalid = { code: "invalid" };

export const image = (name: string, bytes = 10, quota = 1_000): NewImage => ({
	...{ name, bytes, quota, width: 4, height: 3, placeholder: "data:", createdAt: at() },
});
export const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);

/** Reads a list to its end, one item a page, and requires it to refuse a cursor of another list. */
export async function walk<T>(list: (page: PageRequest) => Promise<Page<T> | null>): Promise<T[]> {
	await expect(list({ limit: 1, cursor: "of another list" })).rejects.toMatchObject(invalid);
	const items: T[] = [];
	for (let cursor: string | undefined; ; ) {
		const page = await list({ limit: 1, cursor });
		items.push(...(page?.items ?? []));
		if (!page?.nextCursor) return items;
		cursor = page.nextCursor;
	}
}

export type World = ReturnType<typeof worldOf>;

/** An empty database with the users ada and bob for each test, the rows that tests need, and a record of all calls. */
export function worldOf(open: Engine) {
	let current: Stores;
	const called = new Set<string>();
	const stores = recorded(() => current, called);

	const person = (id: string, more: Partial<NewUser> = {}) =>
		stores.users.create({
			...{ id, username: id, email: `${id}@example.com`, passwordHash: "hash", role: "user", displayName: id },
			createdAt: at(),
			...more,
		});
	beforeEach(async () => {
		current = open();
		for (const id of ["ada", "bob"]) await person(id);
	});
	afterEach(() => stores.close());

	return {
		open,
		stores,
		called,
		methods: () => methodsOf(current),
		person,
		post: (id: string, more: Partial<NewPost> = {}) =>
			stores.posts.create({
				...{ id, authorId: "ada", title: null, content: id, visibility: "public", createdAt: at() },
				...more,
			}),
		hide: (id: string) => stores.posts.change(id, "ada", () => ({ visibility: "private" })),
		comment: (id: string, postId: string, authorId = "bob") =>
			stores.comments.create({ id, postId, authorId, content: id, createdAt: at() }),
		like: (postId: string, userId: string) => stores.likes.add({ postId, userId, createdAt: at() }),
		follow: (followerId: string, username: string) => stores.follows.add({ followerId, username, createdAt: at() }),
		/** A session that lives for a second. */
		session: (id: string, token: number, userId = "ada", from = 0) =>
			stores.sessions.create({
				...{ id, userId, passwordHash: "hash", tokenHash: hash(token), ...origin },
				createdAt: at(from),
				expiresAt: at(from + 1000),
			}),
		/** The caller of such a session. */
		caller: (sessionId: string, more: Partial<Caller> = {}): Caller & { sessionId: string } => ({
			...{ id: "ada", username: "ada", role: "user", tokenId: null, scope: "write", isPending: false },
			...more,
			sessionId,
		}),
		token: (id: string, byte: number, by: Caller) =>
			stores.accessTokens.create(
				{ id, hash: hash(byte), name: id, scope: "read", createdAt: at(), expiresAt: at(1000), usedAt: null },
				by,
			),
	};
}

/** The stores of the current test, with a note of each method that a test calls. */
function recorded(current: () => Stores, called: Set<string>): Stores {
	const watch = (path: string, target: () => object): object =>
		new Proxy(Object.freeze({}), {
			get(_, key: string) {
				const value = (target() as Record<string, unknown>)[key];
				if (typeof value !== "function") return watch(`${key}.`, () => value as object);
				called.add(path + key);
				return value;
			},
		});
	return watch("", current) as Stores;
}

const methodsOf = (stores: Stores): string[] =>
	Object.entries(stores).flatMap(([name, store]) =>
		typeof store === "function" ? [name] : Object.keys(store).map((method) => `${name}.${method}`),
	);
