import { expect, test } from "bun:test";
import type { NewLink } from "../../src/accounts/invites/store";
import type { Caller } from "../../src/core/caller";
import { at, gone, hash, idsOf, type World, walk } from "./world";

export function links({ stores, session, caller, person }: World) {
	type Options = Partial<NewLink> & { by?: Caller; quota?: number };
	const create = (byte: number, { by, quota, ...more }: Options = {}) => {
		const link = { id: `l${byte}`, hash: hash(byte), purpose: "invite", userId: null, maxUses: 1 } as const;
		return stores.links.create(
			{ ...link, createdAt: at(), expiresAt: at(1000), ...more },
			{ by: by ?? null, quota: quota ?? null },
		);
	};
	const purposeOf = async (byte: number, time = 0) => (await stores.links.byHash(hash(byte), at(time)))?.purpose;

	test("a link holds until it expires, and a new reset link replaces the older one", async () => {
		await create(1, { purpose: "reset", userId: "ada" });
		expect(await stores.links.byHash(hash(1), at(999))).toEqual({ purpose: "reset", userId: "ada" });
		expect(await stores.links.byHash(hash(1), at(1000))).toBeNull();
		await create(2, { purpose: "reset", userId: "ada" });
		expect([await purposeOf(1), await purposeOf(2), await purposeOf(3)]).toEqual([undefined, "reset", undefined]);
		await expect(create(3, { purpose: "reset", userId: "nothing" })).rejects.toMatchObject({ code: "not_found" });
	});

	test("a creator has as many invitations that hold as the quota allows", async () => {
		await session("s1", 1);
		const by = caller("s1");
		for (const byte of [1, 2]) await create(byte, { by, quota: 2 });
		await expect(create(3, { by, quota: 2 })).rejects.toMatchObject({ code: "conflict" });
		await create(3, { by, quota: 2, createdAt: at(1000), expiresAt: at(2000) });
		await expect(create(4, { by: caller("ended") })).rejects.toMatchObject(gone);
	});

	test("invitations come newest first, of one creator or of all, and end by their creator or an administrator", async () => {
		await person("root", { role: "admin" });
		for (const [i, id] of ["ada", "bob", "root"].entries()) await session(`s${id}`, i, id);
		const [ada, bob] = ["ada", "bob"].map((id) => caller(`s${id}`, { id })) as [Caller, Caller];
		const root = caller("sroot", { id: "root", role: "admin" });
		await create(1, { by: ada });
		await create(2, { by: bob, maxUses: 3 });
		await create(3);
		await create(4, { purpose: "reset", userId: "ada" });
		const invites = (creator: string | null) => walk((page) => stores.links.invites(creator, page));
		expect((await invites(null)).map(({ id, creator }) => [id, creator])).toEqual([
			["l3", null],
			["l2", "bob"],
			["l1", "ada"],
		]);
		expect(await invites("bob")).toMatchObject([{ id: "l2", uses: 0, maxUses: 3, purpose: "invite" }]);
		expect(await stores.links.remove("l2", ada)).toBe(false);
		expect(await stores.links.remove("l1", ada)).toBe(true);
		expect([await stores.links.remove("l2", root), await stores.links.remove("l2", root)]).toEqual([true, false]);
		await expect(stores.links.remove("l3", caller("ended"))).rejects.toMatchObject(gone);
		expect(idsOf(await invites(null))).toEqual(["l3"]);
	});

	test("a sweep deletes what expired before", async () => {
		await create(1);
		await create(2, { expiresAt: at(2000) });
		await stores.links.sweep(at(1500));
		expect([await purposeOf(1), await purposeOf(2)]).toEqual([undefined, "invite"]);
	});
}
