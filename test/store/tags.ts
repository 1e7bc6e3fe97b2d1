import { expect, test } from "bun:test";
import { at, type World, walk } from "./world";

export function tags({ stores, post, hide }: World) {
	test("tags count public posts: by name from a prefix on, or by people since a time", async () => {
		await post("p1", { content: "#tea #teapot" });
		await post("p2", { content: "#teapot #coffee", authorId: "bob" });
		await post("p3", { content: "#teaspoon", visibility: "private" });
		const list = async (wanted: { prefix: string; since?: Date }) =>
			(await walk((page) => stores.tags.page(wanted, page))).map(({ name, postCount }) => [name, postCount]);
		expect(await list({ prefix: "TEA" })).toEqual([
			["tea", 1],
			["teapot", 2],
		]);
		expect(await list({ prefix: "", since: at() })).toEqual([
			["teapot", 2],
			["coffee", 1],
			["tea", 1],
		]);
		expect(await list({ prefix: "", since: at(1) })).toEqual([]);
		await hide("p1");
		expect(await list({ prefix: "tea" })).toEqual([["teapot", 1]]);
	});
}
