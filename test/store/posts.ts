import { expect, test } from "bun:test";
import type { Sort } from "../../src/social/posts/store";
import { parseQuery } from "../../src/social/search/query";
import { at, gone, idsOf, image, moveToTrash, type World, walk } from "./world";

export function posts(world: World) {
	reading(world);
	writing(world);
}

function reading({ stores, post, like, follow }: World) {
	test("times come back as they went in", async () => {
		await post("p1");
		expect(await stores.posts.byId("p1", null)).toMatchObject({ createdAt: at(), editedAt: null });
	});

	test("a list has what its viewer may see, in its order, and an author's own with their name", async () => {
		await post("p1");
		await post("p2", { visibility: "followers" });
		await post("p3", { visibility: "private" });
		await post("p4", { authorId: "bob" });
		await follow("bob", "ada");
		await like("p1", "bob");
		const list = async (sort: Sort, viewer: string | null, author?: string) =>
			idsOf(await walk((page) => stores.posts.page({ sort, author }, page, viewer)));
		expect(await list("newest", null)).toEqual(["p4", "p1"]);
		expect(await list("oldest", "bob")).toEqual(["p1", "p2", "p4"]);
		expect(await list("oldest", "ada")).toEqual(["p1", "p2", "p3", "p4"]);
		expect(await list("popular", null)).toEqual(["p1", "p4"]);
		expect(await list("newest", "ada", "ADA")).toEqual(["p3", "p2", "p1"]);
		expect(await stores.posts.byId("p2", null)).toBeNull();
		expect(await stores.posts.byId("p1", "bob")).toMatchObject({ liked: true, likeCount: 1 });
	});

	test("a search finds the posts that its viewer may see and that fit", async () => {
		await post("p1", { content: "Tea in the garden" });
		await post("p2", { content: "a garden with tea #tea", visibility: "private" });
		await post("p3", { content: "coffee", authorId: "bob" });
		const search = async (typed: string, viewer: string | null, author?: string) =>
			idsOf(
				await walk((page) => stores.posts.page({ sort: "oldest", query: parseQuery(typed), author }, page, viewer)),
			);
		expect(await search("garden", null)).toEqual(["p1"]);
		expect(await search("GARDEN ", "ada")).toEqual(["p1", "p2"]);
		expect(await search('"tea in"', "ada")).toEqual(["p1"]);
		expect(await search("#tea", "ada")).toEqual(["p2"]);
		expect(await search("-tea", "ada")).toEqual(["p3"]);
		expect(await search("garden", "ada", "bob")).toEqual([]);
	});
}

function writing({ stores, post, comment, like, session, caller }: World) {
	test("a deleted account writes nothing", async () => {
		await post("p1");
		await stores.users.remove("bob");
		expect(like("p1", "bob")).rejects.toMatchObject(gone);
		expect(stores.follows.add({ followerId: "bob", username: "ada", createdAt: at() })).rejects.toMatchObject(gone);
		expect(comment("c", "p1", "bob")).rejects.toMatchObject(gone);
		expect(post("p2", { authorId: "bob" })).rejects.toMatchObject(gone);
		expect(session("s", 9, "bob")).rejects.toMatchObject(gone);
	});

	test("a write verifies its caller again", async () => {
		await post("p1");
		await session("s1", 1);
		const ended = caller("ended");
		const demoted = caller("s1", { role: "admin" });
		for (const write of [
			() => stores.posts.change("p1", "ada", () => ({ title: "x" }), ended),
			() => stores.posts.remove("p1", moveToTrash, ended),
		])
			await expect(write()).rejects.toMatchObject(gone);
		await expect(stores.posts.remove("p1", moveToTrash, demoted)).rejects.toMatchObject({ code: "forbidden" });
	});

	test("a post changes by what is decided in its transaction; what is left out stays", async () => {
		await post("p1", { title: "title", image: image("one"), imageAlt: "alt" });
		await stores.posts.change("p1", "ada", (current) => {
			expect(current).toMatchObject({ content: "p1", image: { name: "one", alt: "alt", width: 4, height: 3 } });
			return { content: "new", editedAt: at(1) };
		});
		const changed = { title: "title", content: "new", editedAt: at(1), image: { name: "one" } };
		expect(await stores.posts.byId("p1", null)).toMatchObject(changed);
		const keep = () => {
			throw new Error("kept");
		};
		await expect(stores.posts.change("p1", "ada", keep)).rejects.toThrow("kept");
		const large = () => ({ content: "larger", image: image("two", 20, 19) });
		await expect(stores.posts.change("p1", "ada", large)).rejects.toMatchObject({ code: "too_large" });
		expect(await stores.posts.byId("p1", null)).toMatchObject(changed);
		await stores.posts.change("p1", "ada", () => ({ image: null, imageAlt: null, visibility: "private" }));
		expect(await stores.posts.byId("p1", "ada")).toMatchObject({ content: "new", image: null });
		for (const [id, actor] of [
			["p1", "bob"],
			["nothing", "ada"],
		] as const)
			await expect(stores.posts.change(id, actor, keep)).rejects.toMatchObject({ code: "not_found" });
	});

	test("a picture has room in its owner's quota, or the post is not written", async () => {
		await expect(post("p1", { image: image("large", 20, 19) })).rejects.toMatchObject({ code: "too_large" });
		expect(await stores.posts.byId("p1", null)).toBeNull();
	});

	test("removing tells whether there was something", async () => {
		await post("p1");
		await comment("c", "p1");
		expect([await stores.posts.remove("p1"), await stores.posts.remove("p1")]).toEqual([true, false]);
		expect(await stores.comments.byId("c", "bob")).toBeNull();
		expect([await stores.users.remove("bob"), await stores.users.remove("bob")]).toEqual([true, false]);
		const isNeverAsked = () => {
			throw new Error("There is nothing to decide.");
		};
		expect(await stores.comments.remove("nothing", "ada", isNeverAsked)).toBeNull();
	});
}
