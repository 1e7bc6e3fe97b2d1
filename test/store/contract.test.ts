import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Caller } from "../../src/core/caller";
import type { Stores } from "../../src/db/stores";
import { memoryStores } from "../support/app";

/** What every engine promises; a second one joins here. */
const engines: Record<string, () => Stores> = { sqlite: memoryStores };
const at = (milliseconds = 0) => new Date(Date.UTC(2026, 0, 2) + milliseconds);
const origin = { address: "", device: "" };
const hash = (byte: number) => Buffer.alloc(32, byte);

describe.each(Object.entries(engines))("%s", (_, open) => {
	let stores: Stores;
	beforeEach(async () => {
		stores = open();
		for (const name of ["ada", "bob"])
			await stores.users.create({
				id: name,
				username: name,
				email: `${name}@example.com`,
				passwordHash: "hash",
				role: "user",
				displayName: name,
				createdAt: at(),
			});
	});
	afterEach(() => stores.close());

	test("a person may follow 7,500 others, and one more when they unfollow one", async () => {
		await stores.together(async () => {
			for (let i = 0; i <= 7_500; i++) {
				const names = { id: `u${i}`, username: `u${i}`, email: `u${i}@example.com`, displayName: `u${i}` };
				await stores.users.create({ ...names, passwordHash: "hash", role: "user", createdAt: at() });
				if (i < 7_500) await stores.follows.add({ followerId: "ada", username: `u${i}`, createdAt: at() });
			}
		});
		const follow = (username: string) => stores.follows.add({ followerId: "ada", username, createdAt: at() });
		await expect(follow("u7500")).rejects.toMatchObject({ code: "conflict" });
		expect(await follow("u0")).toMatchObject({ following: true }); // already
		await stores.follows.remove({ followerId: "ada", username: "u0" });
		expect(await follow("u7500")).toMatchObject({ following: true });
	});

	const post = (id: string, visibility: "public" | "private" = "public") =>
		stores.posts.create({ id, authorId: "ada", title: null, content: id, visibility, createdAt: at() });
	const hide = (id: string) => stores.posts.change(id, "ada", () => ({ visibility: "private" }));
	const session = (id: string, first: number) =>
		stores.sessions.create({
			id,
			userId: "ada",
			passwordHash: "hash",
			tokenHash: hash(first),
			createdAt: at(),
			expiresAt: at(1000),
			...origin,
		});
	const callerOf = (sessionId: string): Caller => ({
		id: "ada",
		username: "ada",
		role: "user",
		sessionId,
		tokenId: null,
		scope: "write",
		isPending: false,
	});
	const rotate = (presented: number, successor: number, time: number) =>
		stores.sessions.rotate({
			presented: hash(presented),
			successor: hash(successor),
			now: at(time),
			expiresAt: at(time + 1000),
			longestMs: 2000,
			graceMs: 10,
		});

	test("a taken name or address is a conflict", async () => {
		const user = { id: "x", passwordHash: "h", role: "user", displayName: "x", createdAt: at() } as const;
		expect(stores.users.create({ ...user, username: "ada", email: "x@example.com" })).rejects.toMatchObject({
			code: "conflict",
		});
		expect(stores.users.create({ ...user, username: "x", email: "BOB@example.com" })).rejects.toMatchObject({
			code: "conflict",
		});
	});

	test("times come back as they went in", async () => {
		await post("p1");
		expect(await stores.posts.byId("p1", null)).toMatchObject({ createdAt: at(), editedAt: null });
	});

	test("removing says whether there was something", async () => {
		await post("p1");
		expect([await stores.posts.remove("p1"), await stores.posts.remove("p1")]).toEqual([true, false]);
		expect([await stores.users.remove("bob"), await stores.users.remove("bob")]).toEqual([true, false]);
		const isNeverAsked = () => {
			throw new Error("There is nothing to decide.");
		};
		expect(await stores.comments.remove("nothing", "ada", isNeverAsked)).toBeNull();
	});

	test("somebody whose account is gone writes nothing", async () => {
		await post("p1");
		await stores.users.remove("bob");
		const gone = { code: "unauthenticated" };
		expect(stores.likes.add({ postId: "p1", userId: "bob", createdAt: at() })).rejects.toMatchObject(gone);
		expect(stores.follows.add({ followerId: "bob", username: "ada", createdAt: at() })).rejects.toMatchObject(gone);
		expect(
			stores.comments.create({ id: "c", postId: "p1", authorId: "bob", content: "x", createdAt: at() }),
		).rejects.toMatchObject(gone);
		expect(
			stores.posts.create({
				id: "p2",
				authorId: "bob",
				title: null,
				content: "x",
				visibility: "public",
				createdAt: at(),
			}),
		).rejects.toMatchObject(gone);
		expect(
			stores.sessions.create({
				id: "s",
				userId: "bob",
				passwordHash: "hash",
				tokenHash: hash(9),
				createdAt: at(),
				expiresAt: at(1),
				...origin,
			}),
		).rejects.toMatchObject(gone);
	});

	test.each([
		["pending", { pendingSince: at() }, "forbidden"],
		["suspended", { suspendedAt: at() }, "unauthenticated"],
	])("a %s account writes nothing, and sees what anonymous viewers see", async (_, state, code) => {
		await post("p1");
		await post("p2", "private");
		await session("s1", 1);
		await stores.follows.add({ followerId: "ada", username: "bob", createdAt: at() });
		await stores.users.create({
			id: "root",
			username: "root",
			email: "root@example.com",
			passwordHash: "hash",
			role: "admin",
			displayName: "root",
			createdAt: at(),
		});
		await stores.users.update("ada", { ...state, updatedAt: at() });
		const token = { id: "t", name: "bot", scope: "read", createdAt: at(), expiresAt: null, usedAt: null } as const;
		const invite = { id: "l", hash: hash(8), purpose: "invite", userId: null, maxUses: 1 } as const;
		const by = callerOf("s1");
		const writes = [
			() => post("p3"),
			() => stores.likes.add({ postId: "p1", userId: "ada", createdAt: at() }),
			() => stores.likes.remove({ postId: "p1", userId: "ada" }),
			() => stores.follows.add({ followerId: "ada", username: "bob", createdAt: at() }),
			() => stores.follows.remove({ followerId: "ada", username: "bob" }),
			() => stores.comments.create({ id: "c", postId: "p1", authorId: "ada", content: "x", createdAt: at() }),
			() => stores.accessTokens.create({ ...token, hash: hash(9) }, by),
			() => stores.links.create({ ...invite, createdAt: at(), expiresAt: at(1000) }, { by, quota: null }),
			() => stores.users.changeProfile("ada", () => ({ bio: "x", updatedAt: at() }), by),
			() => stores.users.remove("ada", undefined, { by }),
		];
		for (const write of writes) await expect(write()).rejects.toMatchObject({ code });
		expect(await stores.posts.byId("p2", "ada")).toBeNull();
		expect((await stores.feed.page("ada", { limit: 9 })).items).toEqual([]);
	});

	test("the feed of somebody who follows hundreds is the same, whether these wrote lately or long ago", async () => {
		for (let i = 0; i < 510; i++) {
			const id = `u${i}`;
			const user = { id, username: id, email: `${id}@example.com`, displayName: id };
			await stores.users.create({ ...user, passwordHash: "hash", role: "user", createdAt: at() });
			await stores.follows.add({ followerId: "ada", username: id, createdAt: at(i) });
		}
		const write = (id: string, authorId: string) =>
			stores.posts.create({ id, authorId, title: null, content: id, visibility: "public", createdAt: at() });
		for (let i = 0; i < 30; i++) await write(`old${i}`, `u${i}`);
		for (let i = 0; i < 4_100; i++) await write(`noise${i}`, "bob");
		const feed = async () => {
			const ids: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await stores.feed.page("ada", { limit: 7, cursor });
				ids.push(...page.items.map(({ id }) => id));
				cursor = page.nextCursor ?? undefined;
			} while (cursor);
			return ids;
		};
		const old = Array.from({ length: 30 }, (_, i) => `old${29 - i}`);

		expect(await feed()).toEqual(old);
		for (let i = 0; i < 20; i++) await write(`new${i}`, `u${i}`);
		expect(await feed()).toEqual([...Array.from({ length: 20 }, (_, i) => `new${19 - i}`), ...old]);
	}, 30_000);

	test("an invisible post is null for whatever hangs on it", async () => {
		await post("p1", "private");
		expect(await stores.likes.add({ postId: "p1", userId: "bob", createdAt: at() })).toBeNull();
		expect(await stores.likes.remove({ postId: "p1", userId: "bob" })).toBeNull();
		expect(await stores.likes.page("p1", { limit: 1 }, "bob")).toBeNull();
		expect(await stores.comments.page({ postId: "p1", sort: "oldest" }, { limit: 1 }, null)).toBeNull();
		expect(await stores.likes.add({ postId: "p1", userId: "ada", createdAt: at() })).toBe(1);
	});

	test("a like under a post that became invisible is removed, and its count is not told", async () => {
		await post("p1");
		for (const userId of ["ada", "bob"]) await stores.likes.add({ postId: "p1", userId, createdAt: at() });
		await hide("p1");
		const like = { postId: "p1", userId: "bob" };
		expect([await stores.likes.remove(like), await stores.likes.remove(like)]).toEqual([0, null]);
		expect(await stores.posts.byId("p1", "ada")).toMatchObject({ likeCount: 1 });
	});

	test("a comment is removed or kept by what is decided in its transaction", async () => {
		await post("p1");
		await stores.comments.create({ id: "c", postId: "p1", authorId: "bob", content: "x", createdAt: at() });
		await hide("p1");
		const kept = stores.comments.remove("c", "bob", (comment) => {
			expect(comment).toEqual({ authorId: "bob", isVisible: false });
			throw new Error("kept");
		});
		await expect(kept).rejects.toThrow("kept");
		expect(await stores.comments.byId("c", "ada")).not.toBeNull();
		expect(await stores.comments.remove("c", "ada", ({ isVisible }) => void expect(isVisible).toBe(true))).toBe("bob");
		expect(await stores.comments.byId("c", "ada")).toBeNull();
	});

	test("writes together are there together", async () => {
		const told = await stores.together(async () => {
			await post("p1");
			await stores.likes.add({ postId: "p1", userId: "bob", createdAt: at() });
			return "what the work returns";
		});
		expect(told).toBe("what the work returns");
		expect(await stores.posts.byId("p1", "bob")).toMatchObject({ likeCount: 1, liked: true });
	});

	test("of writes together none is left when one throws, and the next ones are not in their way", async () => {
		await post("p1");
		const work = async () => {
			await stores.likes.add({ postId: "p1", userId: "bob", createdAt: at() });
			await post("p2");
			await stores.users.remove("bob");
			throw new Error("enough");
		};
		expect(stores.together(work)).rejects.toThrow("enough");
		expect(await stores.posts.byId("p1", null)).toMatchObject({ likeCount: 0 });
		expect(await stores.posts.byId("p2", null)).toBeNull();
		expect(await stores.users.accountById("bob")).not.toBeNull();
		await stores.together(() => post("p2"));
		expect(await stores.posts.byId("p2", null)).not.toBeNull();
	});

	test("among writes together, one that is refused undoes only itself", async () => {
		const taken = { id: "x", username: "ada", email: "x@example.com", passwordHash: "h", displayName: "x" };
		await stores.together(async () => {
			await post("p1");
			await stores.users.create({ ...taken, role: "user", createdAt: at() }).catch(() => {});
			await post("p2");
		});
		expect(await stores.users.accountById("x")).toBeNull();
		expect((await stores.posts.page({ sort: "oldest" }, { limit: 9 }, null)).items.map(({ id }) => id)).toEqual([
			"p1",
			"p2",
		]);
	});

	test("writes together do not nest", async () => {
		const nested = stores.together(async () => {
			await post("p1");
			await stores.together(() => post("p2"));
		});
		expect(nested).rejects.toThrow("nest");
		expect(await stores.posts.byId("p1", null)).toBeNull();
	});

	test("a session is its user's, and lives until it ends", async () => {
		await session("s1", 1);
		const caller = callerOf("s1");
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at(999))).toEqual(caller);
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at(1000))).toBeNull();
		expect(await stores.sessions.caller({ id: "s1", userId: "bob" }, at())).toBeNull();
		await stores.sessions.endByToken(hash(1));
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at())).toBeNull();
	});

	test("a personal access token is removed by its hash alone, which tells whose it was", async () => {
		const token = { name: "bot", scope: "read", createdAt: at(), expiresAt: null, usedAt: null } as const;
		await session("s1", 3);
		for (const byte of [1, 2])
			await stores.accessTokens.create({ ...token, id: `t${byte}`, hash: hash(byte) }, callerOf("s1"));
		expect([await stores.accessTokens.removeByHash(hash(1)), await stores.accessTokens.removeByHash(hash(1))]).toEqual([
			"ada",
			null,
		]);
		expect((await stores.accessTokens.ofUser("ada")).map(({ id }) => id)).toEqual(["t2"]);
	});

	test("rotation spends a token once, and prolongs the session", async () => {
		await session("s1", 1);
		expect(await rotate(1, 2, 500)).toEqual({
			outcome: "rotated",
			sessionId: "s1",
			userId: "ada",
			expiresAt: at(1500),
		});
		expect(await rotate(1, 2, 510)).toEqual({
			outcome: "rotated",
			sessionId: "s1",
			userId: "ada",
			expiresAt: at(1500),
		});
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at(1499))).not.toBeNull();
		expect(await rotate(7, 8, 0)).toBeNull();
		expect(await rotate(2, 3, 1400)).toMatchObject({ outcome: "rotated", expiresAt: at(2000) });
		expect(await rotate(3, 4, 2000)).toBeNull();
	});

	test("a spent token ends its session after the grace, and one that has expired does nothing", async () => {
		await session("s1", 1);
		await rotate(1, 2, 500);
		expect(await rotate(1, 2, 511)).toEqual({ outcome: "replayed", userId: "ada" });
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at(600))).toBeNull();
		await session("s2", 4);
		await rotate(4, 5, 999);
		expect(await rotate(4, 5, 1500)).toBeNull();
		expect(await stores.sessions.caller({ id: "s2", userId: "ada" }, at(1500))).not.toBeNull();
	});

	test("signing in sweeps the user's expired sessions", async () => {
		await session("s1", 1);
		await stores.sessions.create({
			id: "s2",
			userId: "ada",
			passwordHash: "hash",
			tokenHash: hash(2),
			createdAt: at(2000),
			expiresAt: at(3000),
			...origin,
		});
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at())).toBeNull();
	});
});
