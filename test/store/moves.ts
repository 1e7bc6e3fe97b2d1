import { expect, test } from "bun:test";
import { transferred } from "../../src/db/open";
import { at, image, type World } from "./world";

export function moves({ open, stores, post, comment, like, follow }: World) {
	const kinds = transferred.map(({ name }) => name);
	const all = async (kind: string) => (await Array.fromAsync(stores.transfer.rows(kind))).flat();
	const filled = async () => {
		await post("p1", { content: "tea with @bob #tea", image: image("one"), imageAlt: "alt" });
		await post("p2", { authorId: "bob", visibility: "private", createdAt: at(1000), image: image("one") });
		await comment("c", "p1");
		await like("p1", "bob");
		await follow("bob", "ada");
		await stores.audit.record({ at: at(), action: "signed_in", actorId: "ada", subjectId: null, address: "x" });
	};

	test("everything is counted, and comes in the order of creation", async () => {
		await filled();
		const counts: Record<string, number> = { users: 2, posts: 2, comments: 1, likes: 1, follows: 1, audit: 1 };
		for (const kind of kinds) {
			expect([kind, await stores.transfer.count(kind)]).toEqual([kind, counts[kind] ?? 0]);
			expect((await all(kind)).length).toBe(counts[kind] ?? 0);
		}
		expect((await all("users")).map(({ username }) => String(username))).toEqual(["ada", "bob"]);
		expect(await all("posts")).toMatchObject([
			{ id: "p1", author_id: "ada", mentions: ["bob"], image: { name: "one", bytes: 10, alt: "alt" } },
			{ id: "p2", author_id: "bob", mentions: [], visibility: "private" },
		]);
		expect(await stores.transfer.newestPost()).toEqual(at(1000));
	});

	test("a picture comes once, and tells whether its rows agree", async () => {
		await filled();
		await post("p3", { image: image("two", 20) });
		await post("p4", { image: image("two", 21) });
		expect((await Array.fromAsync(stores.transfer.pictures())).flat()).toEqual([
			{ name: "one", width: 4, height: 3, bytes: 10, agreed: true },
			{ name: "two", width: 4, height: 3, bytes: 20, agreed: false },
		]);
	});

	test("another instance takes it in: it gives the same, and counters, tags and search follow", async () => {
		await filled();
		const other = open();
		for (const kind of kinds) await other.transfer.add(kind, await all(kind));
		for (const kind of kinds)
			expect((await Array.fromAsync(other.transfer.rows(kind))).flat()).toEqual(await all(kind));
		expect(await other.posts.byId("p1", "bob")).toEqual(await stores.posts.byId("p1", "bob"));
		expect((await other.tags.page({ prefix: "" }, { limit: 9 })).items).toEqual([{ name: "tea", postCount: 1 }]);
		await other.close();
	});

	test("what is there already or refers to nothing is refused, and nothing of its list is taken in", async () => {
		await post("p1");
		const [ada] = await all("users");
		const eve = { ...ada, id: "eve", username: "eve", email: "eve@example.com" };
		const taken = stores.transfer.add("users", [eve, { ...eve, id: "x", email: "x@example.com" }]);
		await expect(taken).rejects.toMatchObject({ name: "ImportConflict", index: 1 });
		const like = { post_id: "nothing", user_id: "ada", created_at: at().toISOString() };
		await expect(stores.transfer.add("likes", [like])).rejects.toMatchObject({ name: "ImportConflict", index: 0 });
		expect(await stores.transfer.count("users")).toBe(2);
	});

	test("without posts there is no newest one", async () => {
		expect(await stores.transfer.newestPost()).toBeNull();
	});
}
