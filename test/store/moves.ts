import { expect, test } from "bun:test";
import { type Kind, kinds, type Moved } from "../../src/db/transfer";
import { at, image, type World } from "./world";

export function moves({ open, stores, post, comment, like, follow }: World) {
	const all = async <K extends Kind>(kind: K) => (await Array.fromAsync(stores.moves.all(kind))).flat();
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
		const counts = { users: 2, posts: 2, comments: 1, likes: 1, follows: 1, audit: 1 };
		for (const kind of kinds) {
			expect([kind, await stores.moves.count(kind)]).toEqual([kind, counts[kind]]);
			expect((await all(kind)).length).toBe(counts[kind]);
		}
		expect((await all("users")).map(({ username }) => username)).toEqual(["ada", "bob"]);
		expect(await all("posts")).toMatchObject([
			{ id: "p1", authorId: "ada", mentions: ["bob"], image: { name: "one", bytes: 10, alt: "alt" } },
			{ id: "p2", authorId: "bob", mentions: [], visibility: "private" },
		]);
		expect(await stores.moves.newestPost()).toEqual(at(1000));
	});

	test("a picture comes once, and tells whether its rows agree", async () => {
		await filled();
		await post("p3", { image: image("two", 20) });
		await post("p4", { image: image("two", 21) });
		expect((await Array.fromAsync(stores.moves.pictures())).flat()).toEqual([
			{ name: "one", width: 4, height: 3, bytes: 10, agreed: true },
			{ name: "two", width: 4, height: 3, bytes: 20, agreed: false },
		]);
	});

	test("another instance takes it in: it gives the same, and counters, tags and search follow", async () => {
		await filled();
		const other = open();
		const copy = async <K extends Kind>(kind: K) => other.moves.add(kind, await all(kind));
		for (const kind of kinds) await copy(kind);
		for (const kind of kinds)
			expect((await Array.fromAsync(other.moves.all(kind))).flat()).toEqual(await all<Kind>(kind));
		expect(await other.posts.byId("p1", "bob")).toEqual(await stores.posts.byId("p1", "bob"));
		expect((await other.tags.page({ prefix: "" }, { limit: 9 })).items).toEqual([{ name: "tea", postCount: 1 }]);
		await other.close();
	});

	test("what is there already or refers to nothing is refused, and nothing of its list is taken in", async () => {
		await post("p1");
		const [ada] = await all("users");
		const eve = { ...ada, id: "eve", username: "eve", email: "eve@example.com" } as Moved["users"];
		const taken = stores.moves.add("users", [eve, { ...eve, id: "x", email: "x@example.com" }]);
		await expect(taken).rejects.toMatchObject({ name: "Unfit", index: 1 });
		const like = { postId: "nothing", userId: "ada", createdAt: at() };
		await expect(stores.moves.add("likes", [like])).rejects.toMatchObject({ name: "Unfit", index: 0 });
		expect(await stores.moves.count("users")).toBe(2);
	});

	test("without posts there is no newest one", async () => {
		expect(await stores.moves.newestPost()).toBeNull();
	});
}
