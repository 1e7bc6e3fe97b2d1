import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStores } from "../../src/db/open";
import { openFiles } from "../../src/media/disk";
import { type Client, secret, type TestApp, testApp, walk } from "./app";

/** The application over a data directory, as a server has it; `close` leaves it to commands. */
export async function instanceIn(directory: string) {
	const stores = openStores({ path: join(directory, "minifeed.db"), durability: "normal", secret });
	const uploads = { directory: join(directory, "uploads"), durable: false };
	const server = testApp({ stores, files: await openFiles(uploads, stores.images) });
	const close = async () => {
		server.media.end();
		await stores.close();
	};
	return { ...server, close };
}

/** What the API answers to whoever reads all of it: a stranger, and everybody of `people`. Signs nobody in. */
export async function everythingOf(server: TestApp, people: { username: string; client: Client }[]) {
	const answers: Record<string, unknown> = {};
	for (const { username: viewer, client } of [{ username: "", client: server.anonymous }, ...people]) {
		const ask = async (path: string) => {
			const { status, body } = await client.get(path);
			answers[`${viewer} ${path}`] = status < 400 ? body : status;
		};
		const list = async (path: string) => {
			const items = await walk(client, path, 7);
			answers[`${viewer} ${path}`] = items;
			return items;
		};
		const posts = await list("/posts/?sort=oldest");
		for (const query of [
			"sort=newest",
			"sort=popular",
			"q=tea",
			"q=%40ada",
			"q=te*",
			"q=%23tea",
			"q=tea&sort=relevance",
		])
			await list(`/posts/?${query}`);
		for (const { name } of await list("/tags?q=")) await list(`/tags/${encodeURIComponent(name)}`);
		await ask("/tags?trending=true");
		for (const { id, image } of posts) {
			await ask(`/posts/${id}`);
			await list(`/likes/posts/${id}/likes`);
			for (const sort of ["oldest", "newest"]) await list(`/comments/posts/${id}/comments?sort=${sort}`);
			for (const url of image ? [image.url, image.thumbnail_url] : []) await ask(url);
		}
		for (const { username } of people) {
			await ask(`/users/${username}`);
			for (const of of ["posts", "followers", "following"]) await list(`/users/${username}/${of}`);
			await list(`/users?q=${username}`);
		}
		if (!viewer) continue;
		await ask("/auth/me");
		await ask("/feed/");
		await ask("/admin/users");
	}
	return answers;
}

/** All files of an export, but for when it was made. */
export function exported(directory: string): Record<string, string> {
	const names = readdirSync(directory, { recursive: true })
		.map(String)
		.filter((name) => statSync(join(directory, name)).isFile())
		.sort();
	return Object.fromEntries(
		names.map((name) => [
			name,
			readFileSync(join(directory, name), "latin1").replace(
				/("created_at": )"[^"]+"/,
				name === "manifest.json" ? "$1" : "$&",
			),
		]),
	);
}

/** Changes a file of an export, and has the manifest agree with it. */
export function rewrite(directory: string, name: string, change: (lines: string[]) => string[]) {
	const before = readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1);
	const lines = change(before);
	overwrite(directory, name, Buffer.from(lines.map((line) => `${line}\n`).join("")), lines.length);
}

/** The same with any bytes. */
export function overwrite(directory: string, name: string, content: Uint8Array, lines = 1) {
	writeFileSync(join(directory, name), content);
	const path = join(directory, "manifest.json");
	const manifest = JSON.parse(readFileSync(path, "utf8"));
	const sha256 = createHash("sha256").update(content).digest("hex");
	for (const file of manifest.files)
		if (file.name === name) Object.assign(file, { lines, bytes: content.length, sha256 });
	writeFileSync(path, JSON.stringify(manifest));
}
