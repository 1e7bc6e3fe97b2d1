import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { lockDatabase, lockForBackup } from "../../src/db/open";
import { type Client, password } from "../support/app";
import { newTemporary, treeOf } from "../support/backup";
import { everythingOf, exported, instanceIn, overwrite, rewrite } from "../support/moving";
import { form, picture } from "../support/pictures";
import { command } from "../support/terminal";

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const newDirectory = () => join(temporary, String(directories++));
const env = (directory: string) => ({ DATA_DIR: directory, MIN_FREE_BYTES: "0" });
const exportTo = (directory: string, ...args: string[]) => command(["export", ...args], env(directory));
const importTo = (directory: string, ...args: string[]) => command(["import", ...args], env(directory));
const refusal = (sentence: string) => ({ code: 1, stdout: "", stderr: expect.stringMatching(line(sentence)) });
const line = (sentence: string) => new RegExp(`^[^\\n]*${sentence.replace(/[.*+?^$()|[\]\\]/g, "\\$&")}[^\\n]*\\n$`);

/** A small community with everything in it that can move. */
async function community(directory: string) {
	const server = await instanceIn(directory);
	const root = await server.asAdmin("root");
	const [ada, bob, carl] = [await server.as("ada"), await server.as("bob"), await server.as("carl")];
	await ada.patch(
		"/users/me",
		form({ avatar: await picture({ width: 80 }), display_name: "Ada Ⓐ", bio: "Tea\u2028& more" }),
	);
	await bob.post("/users/ada/follow");
	await ada.post("/users/carl/follow");
	const write = async (who: Client, body: unknown) => (await who.post("/posts/", body)).body.id as string;
	const posts = [
		await write(ada, { content: "Tea with @bob and @dora #tea #café", title: "Tea" }),
		await write(bob, {
			content: '東京のお茶 ｔｅａ \u{1f375}\n\ttwo lines \\ "quoted" \u007f',
			visibility: "followers",
		}),
		await write(ada, form({ image: await picture(), image_alt: "A cup", visibility: "followers" })),
		await write(ada, form({ image: await picture({ format: "png", at: () => [1, 2, 3] }), content: "#tea" })),
		await write(carl, form({ image: await picture(), content: "the same picture as another" })),
		await write(carl, form({ image: await picture(), visibility: "private" })),
		await write(bob, { content: "private tea", visibility: "private" }),
	];
	server.clock.now = new Date(server.clock.now.getTime() + 1234);
	await ada.patch(`/posts/${posts[0]}`, { content: "Tea with @bob and @dora #tea, edited" });
	await as(server, "dora"); // mentioned before she was there, and so not at all
	for (const who of [bob, carl, root]) await who.post(`/likes/posts/${posts[0]}/like`);
	await bob.post(`/likes/posts/${posts[3]}/like`);
	for (const n of [1, 2, 3]) await carl.post(`/comments/posts/${posts[0]}/comments`, { content: `Well said ${n}` });
	await bob.delete(`/posts/${await write(bob, { content: "gone" })}`);
	await root.patch("/admin/users/carl", { state: "suspended" });
	server.clock.now = new Date(server.clock.now.getTime() + 3 * 60 * 60_000);
	await server.close();
}
const as = (server: Awaited<ReturnType<typeof instanceIn>>, username: string) => server.as(username);

async function answersOf(directory: string) {
	const server = await instanceIn(directory);
	const people = [];
	for (const username of ["root", "ada", "bob", "dora"]) {
		const { body } = await server.anonymous.post("/auth/login", { username, password });
		people.push({ username, client: server.withToken(body.access_token) });
	}
	const answers = await everythingOf(server, people);
	await server.close();
	return answers;
}

let source: string;
let moving: string;
beforeAll(async () => {
	[source, moving] = [newDirectory(), newDirectory()];
	await community(source);
	expect(await exportTo(source, moving)).toMatchObject({ code: 0, stderr: "" });
});

test("what is exported and imported elsewhere answers as before, and exports the same bytes", async () => {
	const [data, again] = [newDirectory(), newDirectory()];
	const { code, stdout } = await importTo(data, moving);
	expect([code, stdout]).toEqual([0, expect.stringContaining("It has 5 people, 7 posts, 3 comments and 10 files")]);
	expect((await exportTo(data, again)).code).toBe(0);
	expect(exported(again)).toEqual(exported(moving));
	expect(await answersOf(data)).toEqual(await answersOf(source));
});
