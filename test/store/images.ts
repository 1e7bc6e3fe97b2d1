import { expect, test } from "bun:test";
import { image, moveToTrash, type World } from "./world";

export function images({ stores, post, hide }: World) {
	const avatar = (name: string, bytes = 10) =>
		stores.users.changeProfile("bob", () => ({ avatar: image(name, bytes), updatedAt: image(name).createdAt }));

	test("a picture is seen by everybody, by some viewers or by none, as its post is; an avatar by everybody", async () => {
		await post("p1", { image: image("one") });
		await avatar("face");
		expect([await stores.images.seenBy(null, "one"), await stores.images.seenBy(null, "face")]).toEqual([
			"everybody",
			"everybody",
		]);
		await hide("p1");
		const seen = ["ada", "bob", null].map((viewer) => stores.images.seenBy(viewer, "one"));
		expect(await Promise.all(seen)).toEqual(["viewer", null, null]);
		expect(await stores.images.seenBy("ada", "nothing")).toBeNull();
	});

	test("the bytes of a user's pictures are summed up, and the largest sum comes first", async () => {
		await post("p1", { image: image("one", 10) });
		await post("p2", { image: image("two", 20) });
		await avatar("face", 31);
		expect([await stores.images.bytesOf("ada"), await stores.images.bytesOf("nothing")]).toEqual([30, 0]);
		expect(await stores.images.usage()).toEqual([
			{ username: "bob", images: 1, bytes: 31 },
			{ username: "ada", images: 2, bytes: 30 },
		]);
	});

	test("rows come in their order, and a row goes away with what shows it, unless another has its key", async () => {
		await post("p1", { image: image("one") });
		await avatar("face");
		const rows = await stores.images.after(0, 9);
		expect(rows.map(({ name }) => name)).toEqual(["one", "face"]);
		const [one, face] = rows.map(({ key, name }) => ({ key, name }));
		expect((await stores.images.after(one?.key ?? 0, 9)).map(({ name }) => name)).toEqual(["face"]);
		expect(await stores.images.remove({ key: one?.key ?? 0, name: "another" })).toBe(false);
		for (const row of [one, face]) expect(await stores.images.remove(row ?? { key: 0, name: "" })).toBe(true);
		expect(await stores.images.remove(one ?? { key: 0, name: "" })).toBe(false);
		expect((await stores.posts.byId("p1", null))?.image).toBeNull();
		expect((await stores.users.accountById("bob"))?.avatar).toBeNull();
	});

	test("names of rows that are gone are told until they are forgotten; the trash keeps a name", async () => {
		await post("p1", { image: image("one") });
		await post("p2", { image: image("two") });
		await stores.posts.remove("p1", moveToTrash);
		await stores.posts.remove("p2");
		expect([await stores.images.isKept("one"), await stores.images.isKept("two")]).toEqual([true, false]);
		const removed = (after: string) => stores.images.removed({ after, limit: 9 });
		expect(await removed("one")).toEqual(["two"]);
		expect(await stores.images.forget("two", { onlyIfKept: true })).toBe(false);
		expect(await removed("one")).toEqual(["two"]);
		expect(await stores.images.forget("two", { onlyIfKept: false })).toBe(true);
		expect(await removed("one")).toEqual([]);
	});

	test("each database has a name of its own, which stays", async () => {
		const name = await stores.images.instance();
		expect(name).not.toBe("");
		expect(await stores.images.instance()).toBe(name);
	});
}
