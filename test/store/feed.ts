import { expect, test } from "bun:test";
import { at, idsOf, type World, walk } from "./world";

export function feed({ stores, post, follow, person }: World) {
	test("the feed has the reader's own posts and those that they may see of people they follow, newest first", async () => {
		await person("eve");
		await follow("ada", "bob");
		await post("p1");
		await post("p2", { authorId: "bob", visibility: "followers" });
		await post("p3", { authorId: "bob", visibility: "private" });
		await post("p4", { authorId: "eve" });
		await post("p5", { visibility: "private" });
		expect(idsOf(await walk((page) => stores.feed.page("ada", page)))).toEqual(["p5", "p2", "p1"]);
	});

	test("the feed of a reader who follows hundreds is the same, whether these wrote lately or long ago", async () => {
		for (let i = 0; i < 510; i++) {
			const id = `u${i}`;
			const user = { id, username: id, email: `${id}@example.com`, displayName: id };
			await stores.users.create({ ...user, passwordHash: "hash", role: "user", createdAt: at() });
			await stores.follows.add({ followerId: "ada", username: id, createdAt: at(i) });
		}
		const write = (id: string, authorId: string) =>
			stores.posts.create({ id, authorId, title: null, content: id, visibility: "public", createdAt: at() });
		for (let i = 0; i < 30; i++) await write(`old${i}`, `u${i}`);
		for (let i = 0; i < 4_100; i++) await write(`noise${i}`, "bob");
		const feed = async () => {
			const ids: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await stores.feed.page("ada", { limit: 7, cursor });
				ids.push(...page.items.map(({ id }) => id));
				cursor = page.nextCursor ?? undefined;
			} while (cursor);
			return ids;
		};
		const old = Array.from({ length: 30 }, (_, i) => `old${29 - i}`);

		expect(await feed()).toEqual(old);
		for (let i = 0; i < 20; i++) await write(`new${i}`, `u${i}`);
		expect(await feed()).toEqual([...Array.from({ length: 20 }, (_, i) => `new${19 - i}`), ...old]);
	}, 60_000);
}
