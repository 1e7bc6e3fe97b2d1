import { expect, test } from "bun:test";
import { at, hash, type World } from "./world";

/** The promises of `Stores` itself, and of all writes. */
export function transactions(world: World) {
	together(world);
	const { stores, post } = world;
	pausedAccounts(world);

	test("a database in use answers, is not damaged, and has a size", async () => {
		await post("p1");
		expect(await stores.ping()).toBeUndefined();
		expect(stores.describeCorruption(new Error("something else"))).toBeNull();
		const { database, log } = await stores.size();
		expect([database >= 0, log >= 0]).toEqual([true, true]);
	});
}

function pausedAccounts({ stores, post, session, caller, follow, like, comment, person }: World) {
	test.each([
		["pending", { pendingSince: at() }, "forbidden"],
		["suspended", { suspendedAt: at() }, "unauthenticated"],
	])("a %s account writes nothing, and sees what anonymous viewers see", async (_, state, code) => {
		await post("p1");
		await post("p2", { visibility: "private" });
		await session("s1", 1);
		await follow("ada", "bob");
		await person("root", { role: "admin" });
		await stores.users.update("ada", { ...state, updatedAt: at() });
		const token = { id: "t", name: "bot", scope: "read", createdAt: at(), expiresAt: null, usedAt: null } as const;
		const invite = { id: "l", hash: hash(8), purpose: "invite", userId: null, maxUses: 1 } as const;
		const by = caller("s1");
		const writes = [
			() => post("p3"),
			() => like("p1", "ada"),
			() => stores.likes.remove({ postId: "p1", userId: "ada" }),
			() => follow("ada", "bob"),
			() => stores.follows.remove({ followerId: "ada", username: "bob" }),
			() => comment("c", "p1", "ada"),
			() => stores.accessTokens.create({ ...token, hash: hash(9) }, by),
			() => stores.links.create({ ...invite, createdAt: at(), expiresAt: at(1000) }, { by, quota: null }),
			() => stores.users.changeProfile("ada", () => ({ bio: "x", updatedAt: at() }), by),
			() => stores.users.remove("ada", undefined, { by }),
		];
		for (const write of writes) await expect(write()).rejects.toMatchObject({ code });
		expect(await stores.posts.byId("p2", "ada")).toBeNull();
		expect((await stores.feed.page("ada", { limit: 9 })).items).toEqual([]);
	});
}

function together({ stores, post }: World) {
	test("writes together are there together", async () => {
		const told = await stores.inOneTransaction(async () => {
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
		expect(stores.inOneTransaction(work)).rejects.toThrow("enough");
		expect(await stores.posts.byId("p1", null)).toMatchObject({ likeCount: 0 });
		expect(await stores.posts.byId("p2", null)).toBeNull();
		expect(await stores.users.accountById("bob")).not.toBeNull();
		await stores.inOneTransaction(() => post("p2"));
		expect(await stores.posts.byId("p2", null)).not.toBeNull();
	});

	test("among writes together, one that is refused undoes only itself", async () => {
		const taken = { id: "x", username: "ada", email: "x@example.com", passwordHash: "h", displayName: "x" };
		await stores.inOneTransaction(async () => {
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

	test("`inOneTransaction` does not nest", async () => {
		const nested = stores.inOneTransaction(async () => {
			await post("p1");
			await stores.inOneTransaction(() => post("p2"));
		});
		expect(nested).rejects.toThrow("nest");
		expect(await stores.posts.byId("p1", null)).toBeNull();
	});
}
