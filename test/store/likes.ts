import { expect, test } from "bun:test";
import { at, idsOf, type World, walk } from "./world";

export function likes({ stores, post, hide, like }: World) {
	test("an invisible post is null for whatever hangs on it", async () => {
		await post("p1", { visibility: "private" });
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

	test("liking and unliking are idempotent, and the newest like comes first", async () => {
		await post("p1");
		expect([await like("p1", "ada"), await like("p1", "bob"), await like("p1", "bob")]).toEqual([1, 2, 2]);
		expect(idsOf(await walk((page) => stores.likes.page("p1", page, null)))).toEqual(["bob", "ada"]);
		const unlike = () => stores.likes.remove({ postId: "p1", userId: "bob" });
		expect([await unlike(), await unlike()]).toEqual([1, 1]);
		expect(await stores.likes.page("nothing", { limit: 1 }, "ada")).toBeNull();
	});
}
