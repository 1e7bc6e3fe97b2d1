import { expect, test } from "bun:test";
import type { Pages } from "../../src/takeout/store";
import { at, image, origin, type World } from "./world";

const all = async <T>(pages: Pages<T>): Promise<T[]> => (await Array.fromAsync(pages)).flat();
/** Rows as an archive has them. */
const json = async (pages: Pages<object>) => JSON.parse(JSON.stringify(await all(pages)));
const iso = (seconds?: number) => at(seconds).toISOString();

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
		const { takeouts } = stores;
		const lists = ["tokens", "record", "posts", "comments", "likes", "following", "followers"];
		expect(takeouts.lists().map(({ name }) => name)).toEqual(expect.arrayContaining(lists));
		const mine = (list: string) => json(takeouts.rows(list, "ada"));
		const p1 = { id: "p1", image: { width: 4, height: 3, alt: "alt" }, like_count: 1, comment_count: 1, title: null };
		expect(await mine("posts")).toMatchObject([p1, { id: "p2", visibility: "private", image: null }]);
		expect(await mine("comments")).toEqual([
			{ id: "c1", post_id: "p1", post_author: "ada", content: "c1", created_at: iso() },
		]);
		expect(await mine("likes")).toEqual([{ post_id: "p1", post_author: "ada", created_at: iso() }]);
		const bob = { id: "bob", username: "bob", display_name: "bob", created_at: iso() };
		expect(await mine("following")).toEqual([bob]);
		expect(await mine("followers")).toEqual([bob]);
		expect(await mine("sessions")).toEqual([{ created_at: iso(), expires_at: iso(1000), ...origin }]);
		expect(await mine("tokens")).toEqual([{ name: "t", scopes: ["read"], created_at: iso(), expires_at: iso(1000) }]);
		expect(await mine("record")).toEqual([
			{ at: iso(), action: "signed_in", by_me: true, address: "x" },
			{ at: iso(1), action: "suspended", by_me: false, address: "" },
		]);
		expect(await all(takeouts.pictures("ada"))).toEqual([
			{ name: "one", postId: "p1", width: 4, height: 3, createdAt: at() },
		]);
	});

	test("a post that its commenter may not see any more does not tell its author", async () => {
		await post("p1");
		await comment("c1", "p1");
		await like("p1", "bob");
		await hide("p1");
		expect(await json(stores.takeouts.rows("comments", "bob"))).toMatchObject([{ id: "c1", post_author: null }]);
		expect(await json(stores.takeouts.rows("likes", "bob"))).toMatchObject([{ post_id: "p1", post_author: null }]);
	});

	test("over many pages each item comes once, and no page is empty", async () => {
		await stores.inOneTransaction(async () => {
			for (let i = 0; i < 120; i++) await post(`p${i}`);
		});
		const pages = await Array.fromAsync(stores.takeouts.rows("posts", "ada") as Pages<{ id: string }>);
		expect(pages.length).toBeGreaterThan(1);
		for (const page of pages) expect(page).not.toEqual([]);
		expect(pages.flat().map(({ id }) => id)).toEqual(Array.from({ length: 120 }, (_, i) => `p${i}`));
		expect(await all(stores.takeouts.rows("posts", "nothing"))).toEqual([]);
	});
}
