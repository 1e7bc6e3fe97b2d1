import { expect, test } from "bun:test";
import type { TrashFilter } from "../../src/trash/store";
import { at, gone, idsOf, image, moveToTrash, type World, walk } from "./world";

const all: TrashFilter = { since: new Date(0) };

export function trash(world: World) {
	listing(world);
	restoring(world);
	deleting(world);
}

function listing({ stores, post, comment, hide }: World) {
	const list = async (filter: Partial<TrashFilter> = {}) =>
		idsOf(await walk((page) => stores.trash.page({ ...all, ...filter }, page)));

	test("what was deleted is listed, the latest first, by owner, kind and time", async () => {
		await post("p1", { content: "Hello" });
		await post("p2", { authorId: "bob" });
		await comment("c", "p2", "ada");
		await hide("p1");
		await stores.posts.remove("p1", moveToTrash);
		await stores.comments.remove("c", "ada", () => ({ ...moveToTrash, at: at(1) }));
		await stores.posts.remove("p2", { ...moveToTrash, at: at(2), byOwner: false });
		expect(await list()).toEqual(["p2", "c", "p1"]);
		expect(await list({ ownerId: "ada" })).toEqual(["c", "p1"]);
		expect(await list({ ownerId: "bob" })).toEqual([]);
		expect(await list({ byOwner: true, kind: "post" })).toEqual(["p1"]);
		expect(await list({ since: at() })).toEqual(["p2", "c"]);
		expect((await stores.trash.page({ ...all, kind: "post", ownerId: "ada" }, { limit: 1 })).items).toEqual([
			{
				...{ id: "p1", kind: "post", ownerId: "ada", owner: "ada", excerpt: "Hello", isPublic: false },
				...{ byOwner: true, deletedAt: at() },
			},
		]);
	});

	test("a deleted account is found by its login in any case", async () => {
		await stores.users.remove("bob", moveToTrash);
		await stores.trash.resume();
		const account = { id: "bob", passwordHash: "hash", deletedAt: at() };
		for (const login of ["BOB", "Bob@example.com"]) expect(await stores.trash.accounts(login, all)).toEqual([account]);
		expect(await stores.trash.accounts("ada", all)).toEqual([]);
		expect(await stores.trash.accounts("bob", { since: at() })).toEqual([]);
	});
}

function restoring({ stores, post, comment, like, follow, person, session, caller }: World) {
	test("a post comes back as it was, where it was", async () => {
		await post("p1", { content: "tea #tea", image: image("one"), imageAlt: "alt" });
		await post("p2");
		await comment("c", "p1");
		await like("p1", "bob");
		const before = await stores.posts.byId("p1", "bob");
		await stores.posts.remove("p1", moveToTrash);
		expect(await stores.posts.byId("p1", "ada")).toBeNull();
		expect(await stores.trash.restore("p1", all)).toMatchObject({ id: "p1", kind: "post" });
		expect(await stores.posts.byId("p1", "bob")).toEqual(before);
		expect(await stores.comments.byId("c", null)).not.toBeNull();
		expect(idsOf(await walk((page) => stores.posts.page({ sort: "oldest" }, page, null)))).toEqual(["p1", "p2"]);
		expect(await stores.trash.restore("p1", all)).toBeNull();
	});

	test("an account comes back with what it made, for the password that it had", async () => {
		await post("p1", { authorId: "bob" });
		await follow("ada", "bob");
		await stores.users.remove("bob", moveToTrash);
		await stores.trash.resume();
		expect(await stores.trash.restore("bob", { ...all, passwordHash: "another" })).toBeNull();
		expect(await stores.trash.restore("bob", { ...all, passwordHash: "hash" })).toMatchObject({ kind: "account" });
		expect(await stores.posts.byId("p1", null)).toMatchObject({ author: { username: "bob" } });
		expect(await stores.users.profileByUsername("bob", "ada")).toMatchObject({ viewer: { following: true } });
	});

	test("a restore is refused where its place is gone or taken, or its picture has no room", async () => {
		await post("p1", { authorId: "bob" });
		await post("p2", { image: image("one", 20) });
		await comment("c", "p1", "ada");
		await stores.comments.remove("c", "ada", () => moveToTrash);
		await stores.posts.remove("p1");
		await stores.posts.remove("p2", moveToTrash);
		await expect(stores.trash.restore("c", all)).rejects.toMatchObject({ code: "conflict" });
		await expect(stores.trash.restore("p2", { ...all, quota: 19 })).rejects.toMatchObject({ code: "too_large" });
		await stores.users.remove("bob", moveToTrash);
		await stores.trash.resume();
		await person("eve", { username: "bob" });
		await expect(stores.trash.restore("bob", all)).rejects.toMatchObject({ code: "conflict" });
	});

	test("a write verifies its caller again", async () => {
		await post("p1");
		await stores.posts.remove("p1", moveToTrash);
		await session("s1", 1);
		for (const write of [stores.trash.restore, stores.trash.remove]) {
			await expect(write("p1", { ...all, by: caller("ended") })).rejects.toMatchObject(gone);
			const demoted = write("p1", { ...all, by: caller("s1", { role: "admin" }) });
			await expect(demoted).rejects.toMatchObject({ code: "forbidden" });
		}
	});

	test("after its end, the store finishes nothing in the background", async () => {
		await stores.users.remove("bob", moveToTrash);
		await stores.trash.end();
		await stores.trash.resume();
		expect(await stores.users.profileByUsername("bob", null)).toBeNull();
	});
}

function deleting({ stores, post, comment }: World) {
	test("what is deleted permanently does not come back, one by one or by age", async () => {
		for (const [i, id] of ["p1", "p2", "p3"].entries()) {
			await post(id);
			await stores.posts.remove(id, { ...moveToTrash, at: at(i * 1000) });
		}
		expect(await stores.trash.remove("p1", all)).toMatchObject({ id: "p1" });
		expect(await stores.trash.remove("p1", all)).toBeNull();
		expect(await stores.trash.sweep(at(1500))).toBe(1);
		expect(idsOf((await stores.trash.page(all, { limit: 9 })).items)).toEqual(["p3"]);
		expect(await stores.trash.restore("p2", all)).toBeNull();
	});

	test("a copy without trash finishes deletions permanently", async () => {
		await post("p1", { authorId: "bob" });
		await comment("c", "p1");
		await stores.users.remove("bob", moveToTrash);
		await stores.trash.forget();
		expect(await stores.users.accountById("bob")).toBeNull();
		expect(await stores.posts.byId("p1", null)).toBeNull();
	});
}
