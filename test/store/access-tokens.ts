import { expect, test } from "bun:test";
import { at, gone, hash, idsOf, type World } from "./world";

export function accessTokens({ stores, session, caller, token }: World) {
	test("a personal access token is removed by its hash alone, which tells whose it was", async () => {
		const token = { name: "bot", scope: "read", createdAt: at(), expiresAt: null, usedAt: null } as const;
		await session("s1", 3);
		for (const byte of [1, 2])
			await stores.accessTokens.create({ ...token, id: `t${byte}`, hash: hash(byte) }, caller("s1"));
		expect([await stores.accessTokens.removeByHash(hash(1)), await stores.accessTokens.removeByHash(hash(1))]).toEqual([
			"ada",
			null,
		]);
		expect((await stores.accessTokens.ofUser("ada")).map(({ id }) => id)).toEqual(["t2"]);
	});

	test("a token stands for its owner until it expires, and not while that account is suspended", async () => {
		await session("s1", 3);
		await token("t", 1, caller("s1"));
		const by = (time: number) => stores.accessTokens.caller(hash(1), at(time));
		expect(await by(999)).toEqual({ ...caller(""), sessionId: null, tokenId: "t", scope: "read" });
		expect(await by(1000)).toBeNull();
		expect(await stores.accessTokens.caller(hash(2), at())).toBeNull();
		await stores.users.update("ada", { suspendedAt: at(), updatedAt: at() });
		expect(await by(0)).toBeNull();
	});

	test("a token needs a living session, and a user has 50 at most", async () => {
		await expect(token("t", 1, caller("ended"))).rejects.toMatchObject(gone);
		await session("s1", 3);
		for (let i = 0; i < 50; i++) await token(`t${i}`, i, caller("s1"));
		await expect(token("t50", 50, caller("s1"))).rejects.toMatchObject({ code: "conflict" });
		expect(idsOf(await stores.accessTokens.ofUser("ada"))).toEqual(Array.from({ length: 50 }, (_, i) => `t${49 - i}`));
	});

	test("a token is removed by its owner", async () => {
		await session("s1", 3);
		await token("t", 1, caller("s1"));
		expect(await stores.accessTokens.remove("bob", "t")).toBe(false);
		expect([await stores.accessTokens.remove("ada", "t"), await stores.accessTokens.remove("ada", "t")]).toEqual([
			true,
			false,
		]);
	});
}
