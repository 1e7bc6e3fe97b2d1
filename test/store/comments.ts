import { expect, test } from "bun:test";
import { at, gone, idsOf, moveToTrash, type World, walk } from "./world";

export function comments({ stores, post, hide, comment, session, caller }: World) {
	test("a comment is removed or kept by what is decided in its transaction", async () => {
		await post("p1");
		await stores.comments.create({ id: "c", postId: "p1", authorId: "bob", content: "x", createdAt: at() });
		await hide("p1");
		const kept = stores.comments.remove("c", "bob", (comment) => {
			expect(comment).toEqual({ authorId: "bob", isVisible: false });
			throw new Error("kept");
		});
		await expect(kept).rejects.toThrow("kept");
		expect(await stores.comments.byId("c", "ada")).not.toBeNull();
		expect(await stores.comments.remove("c", "ada", ({ isVisible }) => void expect(isVisible).toBe(true))).toBe("bob");
		expect(await stores.comments.byId("c", "ada")).toBeNull();
	});

	test("comments come in either order to those who may see their post", async () => {
		await post("p1");
		const created = await comment("c1", "p1");
		expect(created).toMatchObject({ id: "c1", postId: "p1", author: { username: "bob" }, content: "c1" });
		await comment("c2", "p1", "ada");
		expect(await stores.comments.byId("c1", null)).toEqual(created);
		const list = async (sort: "oldest" | "newest") =>
			idsOf(await walk((page) => stores.comments.page({ postId: "p1", sort }, page, null)));
		expect(await list("oldest")).toEqual(["c1", "c2"]);
		expect(await list("newest")).toEqual(["c2", "c1"]);
		await hide("p1");
		expect([await comment("c3", "p1"), await comment("c3", "nothing")]).toEqual([null, null]);
		expect(await stores.comments.byId("c1", "bob")).toBeNull();
	});

	test("a write verifies its caller again", async () => {
		await post("p1");
		await comment("c", "p1");
		await session("s1", 1);
		const ended = caller("ended");
		const next = { id: "c2", postId: "p1", authorId: "ada", content: "x", createdAt: at() };
		await expect(stores.comments.create(next, ended)).rejects.toMatchObject(gone);
		await expect(stores.comments.remove("c", "ada", () => moveToTrash, ended)).rejects.toMatchObject(gone);
		const demoted = caller("s1", { role: "admin" });
		await expect(stores.comments.remove("c", "ada", () => moveToTrash, demoted)).rejects.toMatchObject({
			code: "forbidden",
		});
		expect(await stores.comments.byId("c", null)).not.toBeNull();
	});
}
