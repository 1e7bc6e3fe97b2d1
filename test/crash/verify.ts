import { Database } from "bun:sqlite";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { unindexedSql } from "../../src/db/sqlite/file/examine";
import { filesOf, imageOf, thumbnailFile } from "../../src/media/files";
import type { Written } from "./writers";

/** Counters that triggers keep, and what they count. */
const counters: Record<string, string> = {
	"likes of posts": "SELECT key FROM posts p WHERE like_count <> (SELECT count(*) FROM likes WHERE post_key = p.key)",
	"comments of posts":
		"SELECT key FROM posts p WHERE comment_count <> (SELECT count(*) FROM comments WHERE post_key = p.key)",
	"posts of people":
		"SELECT key FROM users u WHERE posts_count <> (SELECT count(*) FROM posts WHERE author_key = u.key AND visibility = 'public')",
	"followers of people":
		"SELECT key FROM users u WHERE followers_count <> (SELECT count(*) FROM follows WHERE following_key = u.key)",
	"people followed":
		"SELECT key FROM users u WHERE following_count <> (SELECT count(*) FROM follows WHERE follower_key = u.key)",
	"posts of tags": `SELECT key FROM tags t WHERE post_count <> (SELECT count(*) FROM post_tags JOIN posts p ON p.key = post_key
		WHERE tag_key = t.key AND visibility = 'public')`,
};

/**
 * What is wrong with a server that came back after a crash: everything that was acknowledged has to be there, nothing that
 * was deleted, the database sound, its counters right, and no file served that belongs to nothing.
 */
export async function verify(address: string, data: string, everybody: Written[]): Promise<string[]> {
	const wrong: string[] = [];
	const database = new Database(join(data, "minifeed.db"), { readonly: true });
	try {
		const sound = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get()?.integrity_check;
		if (sound !== "ok") wrong.push(`integrity: ${sound}`);
		if (database.query("PRAGMA foreign_key_check").get() !== null) wrong.push("rows that belong to nothing");
		for (const [what, sql] of Object.entries(counters))
			if (database.query(sql).get() !== null) wrong.push(`miscounted: ${what}`);
		if (Object.values(database.query(unindexedSql(database)).get() ?? {})[0] !== 0)
			wrong.push("miscounted: search index");
		for (const written of everybody) wrong.push(...lostOf(database, written));
		wrong.push(...(await picturesOf(address, everybody)), ...(await orphans(address, data, database)));
	} finally {
		database.close();
	}
	return wrong;
}

function lostOf(database: Database, { username, posts, comments, likes, follows }: Written): string[] {
	const wrong: string[] = [];
	const has = (sql: string, ...values: string[]) => database.query(sql).get(...values) !== null;
	const content = database.query<{ content: string }, [string]>("SELECT content FROM posts WHERE id = ?");
	const isPost = (id: string) => content.get(id) !== null;
	for (const [id, { is, contents }] of posts) {
		const found = content.get(id);
		if (is && !found) wrong.push(`lost: post ${id}`);
		if (is === false && found) wrong.push(`back: post ${id}`);
		if (found && !contents.includes(found.content)) wrong.push(`another text: post ${id}`);
	}
	for (const [id, { post, is }] of comments) {
		const found = has("SELECT 1 FROM comments WHERE id = ?", id);
		if (is && !found && isPost(post)) wrong.push(`lost: comment ${id}`);
		if (is === false && found) wrong.push(`back: comment ${id}`);
	}
	const me = "(SELECT key FROM users WHERE username = ?)";
	for (const [post, is] of likes) {
		if (is === null || !isPost(post)) continue;
		const sql = `SELECT 1 FROM likes WHERE user_key = ${me} AND post_key = (SELECT key FROM posts WHERE id = ?)`;
		if (has(sql, username, post) !== is) wrong.push(`${is ? "lost" : "back"}: like of ${post}`);
	}
	for (const [whom, is] of follows) {
		if (is === null) continue;
		const sql = `SELECT 1 FROM follows WHERE follower_key = ${me} AND following_key = ${me}`;
		if (has(sql, username, whom) !== is) wrong.push(`${is ? "lost" : "back"}: ${username} follows ${whom}`);
	}
	return wrong;
}

/** Pictures are named after what is in them, so one that is not whole shows. */
async function picturesOf(address: string, everybody: Written[]): Promise<string[]> {
	const wrong: string[] = [];
	for (const { posts } of everybody)
		for (const [id, { is, image }] of posts) {
			if (!is || image === null) continue;
			const name = imageOf(image.slice("/uploads/".length));
			if (name === null) continue;
			const hasher = new Bun.CryptoHasher("sha256");
			for (const file of [image, `/uploads/${thumbnailFile(name)}`]) {
				const response = await fetch(address + file);
				if (!response.ok) wrong.push(`lost: ${file} of post ${id} (${response.status})`);
				hasher.update(await response.arrayBuffer());
			}
			if (hasher.digest("hex") !== name) wrong.push(`not whole: ${image} of post ${id}`);
		}
	return wrong;
}

async function orphans(address: string, data: string, database: Database): Promise<string[]> {
	const wrong: string[] = [];
	const named = database.query("SELECT 1 FROM images WHERE name = ?");
	for (const file of readdirSync(join(data, "uploads"))) {
		const name = imageOf(file);
		if (name === null || named.get(name) !== null) continue;
		const { status } = await fetch(`${address}/uploads/${file}`);
		if (status !== 404) wrong.push(`served: ${file}, which belongs to nothing (${status})`);
	}
	const files = new Set(readdirSync(join(data, "uploads")));
	for (const { name } of database.query<{ name: string }, []>("SELECT name FROM images").all())
		for (const file of filesOf(name)) if (!files.has(file)) wrong.push(`lost: file ${file}`);
	return wrong;
}
