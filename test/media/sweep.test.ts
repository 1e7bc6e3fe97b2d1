import { beforeEach, expect, test } from "bun:test";
import { filesOf } from "../../src/media/files";
import { memoryFiles } from "../../src/media/memory";
import { sweep } from "../../src/media/sweep";
import { type Person, type TestApp, testApp } from "../support/app";
import { form, picture } from "../support/pictures";

const hour = 60 * 60 * 1000;
const orphan = filesOf("0".repeat(64));

let app: TestApp;
let author: Person;
beforeEach(async () => {
	app = testApp();
	author = await app.as("author");
});

const names = async () => (await Array.fromAsync(app.files.list())).map(({ name }) => name).sort();
const swept = (later: number, options = {}) =>
	sweep({ images: app.stores.images, files: app.files }, { now: new Date(Date.now() + later), ...options });
const posted = async (count: number) => {
	const posts = [];
	for (let i = 0; i < count; i++)
		posts.push((await author.post("/posts/", form({ image: await picture({ at: () => [i * 20, 0, 0] }) }))).body);
	return posts;
};
const fileOf = (post: { image: { url: string } }) => post.image.url.slice("/uploads/".length);

test("files that belong to nothing go when they are an hour old, and nothing else does", async () => {
	await posted(1);
	const before = await names();
	await app.files.put({ [orphan[0] as string]: new Uint8Array(1), [orphan[1] as string]: new Uint8Array(1) });
	await app.files.put({ "notes.txt": new Uint8Array(1) });

	expect(await swept(0.9 * hour)).toEqual({ files: 0, images: 0, missing: 0 });
	expect(await swept(1.1 * hour, { dryRun: true })).toEqual({ files: 2, images: 0, missing: 0 });
	expect(await names()).toHaveLength(5);
	expect(await swept(1.1 * hour)).toEqual({ files: 2, images: 0, missing: 0 });
	expect(await names()).toEqual([...before, "notes.txt"].sort());
});

test("an unfinished file goes", async () => {
	const unfinished = { name: ".x.part", modifiedAt: new Date(), isWhole: false };
	const removed: string[] = [];
	const files = {
		...memoryFiles(),
		async *list() {
			yield unfinished;
		},
		async remove(names: string[]) {
			removed.push(...names);
			return "removed" as const;
		},
	};
	const now = new Date(Date.now() + 2 * hour);
	expect(await sweep({ images: app.stores.images, files }, { now })).toMatchObject({ files: 1 });
	expect(removed).toEqual([".x.part"]);
	const held = { ...files, remove: async () => "held" as const }; // for a backup
	expect(await sweep({ images: app.stores.images, files: held }, { now })).toMatchObject({ files: 0 });
});

test("a picture whose files are gone is taken out of its post", async () => {
	const posts = await posted(12);
	await author.patch("/users/me", form({ avatar: await picture() }));
	await app.files.remove([fileOf(posts[3])]);

	expect(await swept(0)).toEqual({ files: 0, images: 1, missing: 0 }); // posted long ago by the clock of the app
	expect((await author.get(`/posts/${posts[3].id}`)).body.image).toBeNull();
	expect((await author.get(`/posts/${posts[4].id}`)).body.image).not.toBeNull();
	await app.media.collect();
	expect(await names()).toHaveLength(2 * 12); // the other one of that post has gone, too
	expect(await swept(2 * hour)).toEqual({ files: 0, images: 0, missing: 0 });
});

test("when many pictures have lost their files, the folder is to blame, and they stay", async () => {
	const posts = await posted(3);
	await app.files.remove(posts.map(fileOf));
	expect(await swept(2 * hour)).toEqual({ files: 0, images: 0, missing: 3 });
	expect((await author.get(`/posts/${posts[0].id}`)).body).toEqual(posts[0]);
});

test("a picture that comes while a sweep looks for lost ones is not taken for one, under the same key or name", async () => {
	const posts = await posted(24); // of so many, two are few enough to be given up
	const [gone, again] = [posts[23], posts[3]];
	await app.files.remove([fileOf(gone), fileOf(again)]);
	const { images } = app.stores;
	const meanwhile = async () => {
		await author.delete(`/posts/${gone.id}`); // the last key is given to the next row
		await author.post("/posts/", form({ image: await picture({ at: () => [0, 0, 99] }) }));
		await author.post("/posts/", form({ image: await picture({ at: () => [3 * 20, 0, 0] }) }));
	};
	const after: typeof images.after = async (key, limit) => {
		const rows = await images.after(key, limit);
		if (rows.length === 0) await meanwhile();
		return rows;
	};
	expect(await sweep({ images: { ...images, after }, files: app.files })).toMatchObject({ images: 0, missing: 0 });
	const { body } = await author.get("/posts/?limit=100");
	expect(body.items.every(({ image }: { image: unknown }) => image !== null)).toBe(true);
});

test("a sweep ends when it is told to", async () => {
	await posted(1);
	expect(swept(0, { signal: AbortSignal.abort() })).rejects.toThrow();
});

test("at any moment of uploading and deleting, a sweep takes nothing that is shown", async () => {
	let done = false;
	const sweeping = (async () => {
		while (!done) {
			await swept(0);
			await Bun.sleep(1);
		}
	})();
	for (let i = 0; i < 5; i++) {
		const posts = await posted(3);
		await author.delete(`/posts/${posts[0].id}`);
		for (const post of posts.slice(1)) expect((await author.get(post.image.url)).status).toBe(200);
	}
	done = true;
	await sweeping;
	expect(await app.stores.images.removed({ after: "", limit: 1 })).toEqual([]);
});
