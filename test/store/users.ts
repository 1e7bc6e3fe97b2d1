import { expect, test } from "bun:test";
import type { Purpose } from "../../src/accounts/invites/store";
import { at, gone, hash, idsOf, image, moveToTrash, type World, walk } from "./world";

export function users(world: World) {
	creating(world);
	reading(world);
	changing(world);
	removing(world);
}

const link = ({ stores }: World, byte: number, purpose: Purpose, userId: string | null = null) =>
	stores.links.create(
		{ id: `l${byte}`, hash: hash(byte), purpose, userId, maxUses: 1, createdAt: at(), expiresAt: at(1000) },
		{ by: null, quota: null },
	);

function creating(world: World) {
	const { stores, person } = world;

	test("a taken name or address is a conflict", async () => {
		const user = { id: "x", passwordHash: "h", role: "user", displayName: "x", createdAt: at() } as const;
		expect(stores.users.create({ ...user, username: "ada", email: "x@example.com" })).rejects.toMatchObject({
			code: "conflict",
		});
		expect(stores.users.create({ ...user, username: "x", email: "BOB@example.com" })).rejects.toMatchObject({
			code: "conflict",
		});
	});

	test("a link is used once: an admin link gives the role, and no link leaves an account pending", async () => {
		await link(world, 1, "admin");
		await link(world, 2, "invite");
		const user = { passwordHash: "h", role: "user", createdAt: at(), pendingSince: at() } as const;
		const create = (id: string, byte: number) =>
			stores.users.create({ ...user, id, username: id, email: id, displayName: id }, hash(byte));
		await create("root", 1);
		await create("eve", 2);
		expect(await stores.users.accountById("root")).toMatchObject({ role: "admin", pendingSince: null });
		expect(await stores.users.accountById("eve")).toMatchObject({ role: "user", pendingSince: null });
		await expect(create("mallory", 2)).rejects.toMatchObject({ code: "gone" });
		expect(await stores.users.accountById("mallory")).toBeNull();
	});

	test("an administrator counts while the role may be used", async () => {
		expect(await stores.users.hasAdmin()).toBe(false);
		await person("root", { role: "admin", pendingSince: at() });
		expect(await stores.users.hasAdmin()).toBe(false);
		await stores.users.update("root", { pendingSince: null, updatedAt: at() });
		expect(await stores.users.hasAdmin()).toBe(true);
	});
}

function reading({ stores, person, follow, post }: World) {
	test("a login is a username or an e-mail address, in any case", async () => {
		for (const login of ["ada", "ADA", "Ada@Example.com"]) {
			expect(await stores.users.accountByLogin(login)).toMatchObject({ id: "ada", email: "ada@example.com" });
			expect(await stores.users.idByLogin(login)).toBe("ada");
			expect(await stores.users.credentialsByLogin(login)).toEqual({ id: "ada", passwordHash: "hash" });
		}
		expect(await stores.users.credentialsById("ada")).toEqual({ id: "ada", passwordHash: "hash" });
		expect([
			await stores.users.accountByLogin("eve"),
			await stores.users.idByLogin("eve"),
			await stores.users.credentialsByLogin("eve"),
			await stores.users.credentialsById("eve"),
			await stores.users.accountById("eve"),
		]).toEqual([null, null, null, null, null]);
	});

	test("accounts come oldest first, by state, role and a part of the name or address", async () => {
		await person("root", { role: "admin" });
		await person("eve", { pendingSince: at() });
		await stores.users.update("bob", { suspendedAt: at(), updatedAt: at() });
		const accounts = async (filter: Parameters<typeof stores.users.accounts>[1]) =>
			idsOf(await walk((page) => stores.users.accounts(page, filter)));
		expect(await accounts(undefined)).toEqual(["ada", "bob", "root", "eve"]);
		expect(await accounts({ state: "active" })).toEqual(["ada", "root"]);
		expect(await accounts({ state: "pending" })).toEqual(["eve"]);
		expect(await accounts({ state: "suspended" })).toEqual(["bob"]);
		expect(await accounts({ role: "admin" })).toEqual(["root"]);
		expect(await accounts({ search: "DA@ex" })).toEqual(["ada"]);
	});

	test("a profile counts public posts, and tells its viewer how they stand to each other", async () => {
		await post("p1");
		await post("p2", { visibility: "private" });
		await follow("bob", "ada");
		expect(await stores.users.profileByUsername("ADA", "bob")).toMatchObject({
			...{ id: "ada", postsCount: 1, followersCount: 1, followingCount: 0 },
			viewer: { following: true, followedBy: false },
		});
		expect((await stores.users.profileByUsername("ada", null))?.viewer).toBeNull();
		expect(await stores.users.profileByUsername("eve", null)).toBeNull();
	});

	test("people are found by the beginning of a username or a display name", async () => {
		await person("eve", { displayName: "Adam" });
		expect(idsOf(await walk((page) => stores.users.startingWith("Ad", page)))).toEqual(["ada", "eve"]);
	});
}

function changing(world: World) {
	const { stores, person, session, caller, token } = world;
	const filled = async () => {
		for (const byte of [1, 2]) await session(`s${byte}`, byte);
		await token("t1", 3, caller("s1"));
		await link(world, 4, "reset", "ada");
	};
	const left = async () => [
		idsOf(await stores.sessions.ofUser("ada", at())),
		idsOf(await stores.accessTokens.ofUser("ada")),
		(await stores.links.byHash(hash(4), at()))?.purpose,
	];

	test("another password ends sessions, tokens and reset links, but for those that are kept", async () => {
		await filled();
		const changes = { passwordHash: "new", updatedAt: at() };
		const keep = { sessionId: "s1", tokens: true };
		expect(await stores.users.update("ada", changes, { keep, verified: "hash" })).toEqual({ tokens: 0 });
		expect(await left()).toEqual([["s1"], ["t1"], undefined]);
		expect(await stores.users.update("ada", changes)).toEqual({ tokens: 1 });
		expect(await left()).toEqual([[], [], undefined]);
		await expect(stores.users.update("ada", changes, { verified: "hash" })).rejects.toMatchObject(gone);
		expect(await stores.users.update("nothing", changes)).toBeNull();
	});

	test("a reset link sets the password once, and ends the same", async () => {
		await filled();
		const changes = { passwordHash: "new", updatedAt: at() };
		expect(await stores.users.reset(hash(4), changes)).toEqual({ id: "ada", tokens: 1 });
		expect(await left()).toEqual([[], [], undefined]);
		expect((await stores.users.credentialsById("ada"))?.passwordHash).toBe("new");
		await expect(stores.users.reset(hash(4), changes)).rejects.toMatchObject({ code: "gone" });
	});

	test("a suspension ends all sessions and the links that the user made", async () => {
		await session("s1", 1);
		const invite = { id: "i", hash: hash(5), purpose: "invite", userId: null, maxUses: 1 } as const;
		await stores.links.create({ ...invite, createdAt: at(), expiresAt: at(1000) }, { by: caller("s1"), quota: null });
		await stores.users.update("ada", { suspendedAt: at(), updatedAt: at() });
		expect(await stores.sessions.ofUser("ada", at())).toEqual([]);
		expect(await stores.links.byHash(hash(5), at())).toBeNull();
	});

	test("the last administrator stays one, and who lost the role may not use it", async () => {
		await person("root", { role: "admin" });
		const demoted = { role: "user", updatedAt: at() } as const;
		for (const write of [() => stores.users.update("root", demoted), () => stores.users.remove("root")])
			await expect(write()).rejects.toMatchObject({ code: "conflict" });
		await session("s1", 1);
		const by = caller("s1", { role: "admin" });
		await expect(stores.users.update("bob", demoted, { by })).rejects.toMatchObject({ code: "forbidden" });
	});

	test("a profile changes by what is decided in its transaction, and its avatar has room in the quota", async () => {
		await stores.users.changeProfile("ada", ({ displayName }) => {
			expect(displayName).toBe("ada");
			return { bio: "x", avatar: image("face"), updatedAt: at(1) };
		});
		const changed = { displayName: "ada", bio: "x", avatar: "face", updatedAt: at(1) };
		expect(await stores.users.accountById("ada")).toMatchObject(changed);
		const large = () => ({ avatar: image("large", 20, 19), bio: "y", updatedAt: at(2) });
		await expect(stores.users.changeProfile("ada", large)).rejects.toMatchObject({ code: "too_large" });
		expect(await stores.users.accountById("ada")).toMatchObject(changed);
		await expect(stores.users.changeProfile("nothing", large)).rejects.toMatchObject(gone);
		await stores.users.changeProfile("ada", () => ({ avatar: null, updatedAt: at(2) }));
		expect(await stores.users.accountById("ada")).toMatchObject({ bio: "x", avatar: null });
	});
}

function removing({ stores, post, comment, like, follow }: World) {
	test("an account takes along all that it made", async () => {
		for (const write of [() => post("p1"), () => post("p2", { authorId: "bob" }), () => follow("bob", "ada")])
			await write();
		await comment("c", "p1", "bob");
		await like("p1", "bob");
		await expect(stores.users.remove("bob", moveToTrash, { verified: "another" })).rejects.toMatchObject(gone);
		expect([await stores.users.remove("bob"), await stores.users.remove("bob")]).toEqual([true, false]);
		expect(await stores.users.accountById("bob")).toBeNull();
		expect(await stores.posts.byId("p1", null)).toMatchObject({ likeCount: 0, commentCount: 0 });
		expect(await stores.posts.byId("p2", null)).toBeNull();
		expect(await stores.users.profileByUsername("ada", null)).toMatchObject({ followersCount: 0 });
		expect((await stores.trash.page({ since: new Date(0) }, { limit: 9 })).items).toEqual([]);
	});
}
