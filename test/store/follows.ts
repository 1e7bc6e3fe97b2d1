import { expect, test } from "bun:test";
import { at, idsOf, type World, walk } from "./world";

export function follows({ stores, person, follow }: World) {
	test("a person may follow 7,500 others, and one more when they unfollow one", async () => {
		await stores.inOneTransaction(async () => {
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
	}, 60_000);

	test("following and unfollowing are idempotent, by a name in any case", async () => {
		const unfollow = (username: string) => stores.follows.remove({ followerId: "ada", username });
		await follow("bob", "ada");
		const both = { following: true, followedBy: true };
		expect([await follow("ada", "BOB"), await follow("ada", "bob")]).toEqual([both, both]);
		const one = { following: false, followedBy: true };
		expect([await unfollow("Bob"), await unfollow("bob")]).toEqual([one, one]);
		expect([await follow("ada", "nothing"), await unfollow("nothing")]).toEqual([null, null]);
	});

	test("the newest follow comes first", async () => {
		await person("eve");
		await follow("ada", "bob");
		await follow("ada", "eve");
		await follow("bob", "eve");
		expect(idsOf(await walk((page) => stores.follows.following("ADA", page)))).toEqual(["eve", "bob"]);
		expect(idsOf(await walk((page) => stores.follows.followers("eve", page)))).toEqual(["bob", "ada"]);
		expect(await stores.follows.followers("nothing", { limit: 1 })).toBeNull();
		expect(await stores.follows.following("nothing", { limit: 1 })).toBeNull();
	});

	test("a pending account cannot be followed, and only its followers may unfollow it", async () => {
		await follow("ada", "bob");
		await stores.users.update("bob", { pendingSince: at(), updatedAt: at() });
		const unfollow = () => stores.follows.remove({ followerId: "ada", username: "bob" });
		expect(await follow("ada", "bob")).toBeNull();
		expect([await unfollow(), await unfollow()]).toEqual([{ following: false, followedBy: false }, null]);
	});
}
