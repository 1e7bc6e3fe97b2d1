import { expect, test } from "bun:test";
import type { Pages } from "../../src/takeout/store";
import { at, image, origin, type World } from "./world";

const all = async <T>(pages: Pages<T>): Promise<T[]> => (await Array.fromAsync(pages)).flat();

export function exports({ stores, post, hide, comment, like, follow, session, caller, token }: World) {
	test("all that a person made and did is theirs, however hidden, the oldest first", async () => {
		await post("p1", { image: image("one"), imageAlt: "alt" });
		await post("p2", { visibility: "private" });
		await comment("c1", "p1", "ada");
		await like("p1", "ada");
		await follow("ada", "bob");
		await follow("bob", "ada");
		await session("s1", 1);
		await token("t", 2, caller("s1"));
		await stores.audit.record({ at: at(), action: "signed_in", actorId: "ada", subjectId: "ada", address: "x" });
		await stores.audit.record({ at: at(1), action: "suspended", actorId: "bob", subjectId: "ada", address: "y" });
		const { exports } = stores;
		const p1 = { id: "p1", image: { width: 4, height: 3, alt: "alt" }, likeCount: 1, commentCount: 1, title: null };
		expect(await all(exports.posts("ada"))).toMatchObject([p1, { id: "p2", visibility: "private", image: null }]);
		expect(await all(exports.comments("ada"))).toEqual([
			{ id: "c1", postId: "p1", postAuthor: "ada", content: "c1", createdAt: at() },
		]);
		expect(await all(exports.likes("ada"))).toEqual([{ postId: "p1", postAuthor: "ada", createdAt: at() }]);
		const bob = { id: "bob", username: "bob", displayName: "bob", createdAt: at() };
		expect(await all(exports.following("ada"))).toEqual([bob]);
		expect(await all(exports.followers("ada"))).toEqual([bob]);
		expect(await all(exports.sessions("ada"))).toEqual([{ createdAt: at(), expiresAt: at(1000), ...origin }]);
		expect(await all(exports.tokens("ada"))).toEqual([
			{ name: "t", scope: "read", createdAt: at(), expiresAt: at(1000) },
		]);
		expect(await all(exports.events("ada"))).toEqual([
			{ at: at(), action: "signed_in", byMe: true, address: "x" },
			{ at: at(1), action: "suspended", byMe: false, address: "" },
		]);
		expect(await all(exports.pictures("ada"))).toEqual([
			{ name: "one", postId: "p1", width: 4, height: 3, createdAt: at() },
		]);
	});

	test("a post that its commenter may not see any more does not tell its author", async () => {
		await post("p1");
		await comment("c1", "p1");
		await like("p1", "bob");
		await hide("p1");
		expect(await all(stores.exports.comments("bob"))).toMatchObject([{ id: "c1", postAuthor: null }]);
		expect(await all(stores.exports.likes("bob"))).toMatchObject([{ postId: "p1", postAuthor: null }]);
	});

	test("over many pages each item comes once, and no page is empty", async () => {
		await stores.together(async () => {
			for (let i = 0; i < 120; i++) await post(`p${i}`);
		});
		const pages = await Array.fromAsync(stores.exports.posts("ada"));
		expect(pages.length).toBeGreaterThan(1);
		for (const page of pages) expect(page).not.toEqual([]);
		expect(pages.flat().map(({ id }) => id)).toEqual(Array.from({ length: 120 }, (_, i) => `p${i}`));
		expect(await all(stores.exports.posts("nothing"))).toEqual([]);
	});
}
