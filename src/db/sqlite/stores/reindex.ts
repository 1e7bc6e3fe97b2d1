import type { Database } from "bun:sqlite";
import { asName } from "../../../core/text";
import { foldName } from "../../../social/search/fold";
import { wordRules } from "../../../social/search/words";
import { blockSize, createBlock, type Indexed, searchIndex, tableOf } from "./search-index";
import { searchTerms } from "./search-terms";

/** True when another version of the word rules made the search index, tags or folded names. */
export function isIndexStale(client: Database): boolean {
	if (client.query("SELECT 1 FROM sqlite_schema WHERE name = 'folded_names'").get() === null) return false;
	return (
		client
			.query<unknown, { rules: string }>(
				"SELECT 1 FROM folded_names WHERE rules <> $rules UNION ALL SELECT 1 FROM search_blocks WHERE rules <> $rules LIMIT 1",
			)
			.get({ rules: wordRules }) !== null
	);
}

/**
 * Rebuilds search index, tags, mentions and folded names by the rules of this version. Each block of posts has its own
 * transaction, the newest first, and takes 3 s. After an interruption the next start continues with the remaining blocks.
 */
export function reindex(client: Database, notify: (what: string) => void) {
	if (!isIndexStale(client)) return;
	const stale = client
		.query<{ block: number }, [string]>("SELECT block FROM search_blocks WHERE rules <> ? ORDER BY block DESC")
		.all(wordRules);
	for (const [done, { block }] of stale.entries()) {
		notify(`rebuilding the search index: ${done} of ${stale.length} blocks of ${blockSize} posts are done`);
		client.transaction(() => reindexBlock(client, block)).immediate();
	}
	client.transaction(() => foldNames(client)).immediate();
}

type Stored = Indexed & { createdAt: number; editedAt: number | null };

function reindexBlock(client: Database, block: number) {
	const table = tableOf(block);
	const [from, below] = [block * blockSize, (block + 1) * blockSize];
	client.run(`DROP TABLE IF EXISTS ${table}`);
	createBlock(client, block);
	client.run("DELETE FROM hidden_words WHERE post_key >= ? AND post_key < ?", [from, below]);
	client.run("UPDATE search_blocks SET rules = ? WHERE block = ?", [wordRules, block]);

	const marks = searchTerms(client);
	const index = searchIndex(client);
	const write = client.prepare<null, [string, number]>("UPDATE posts SET marks = ? WHERE key = ?");
	// A post that is being deleted is not in the index. FTS5 writes fastest in the order of its rowids.
	const read = client.prepare<Stored, [number, number]>(
		`SELECT key, author_key AS authorKey, visibility, title, content, marks, created_at AS createdAt, edited_at AS editedAt
		FROM posts WHERE key < ? AND key >= ? AND gone_at IS NULL ORDER BY key DESC LIMIT ${postsAtOnce}`,
	);
	for (let posts = read.all(below, from); posts.length > 0; ) {
		for (const post of posts) {
			const found = marks.again(post.key, post, post.editedAt ?? post.createdAt);
			marks.link(post.key, found);
			if (found.marks !== post.marks) write.run(found.marks, post.key);
			index.add({ ...post, marks: found.marks });
		}
		posts = read.all(posts.at(-1)?.key ?? 0, from);
	}
}

const postsAtOnce = 1_000;

type Named = { key: number; username: string; name: string; folded: string };

/** Also cleans names: older versions allowed control characters, and names without visible characters. */
function foldNames(client: Database) {
	const write = client.prepare<null, [string, string, number]>(
		"UPDATE users SET display_name = ?, display_name_key = ? WHERE key = ?",
	);
	const all = client.prepare<Named, []>(
		"SELECT key, username, display_name AS name, display_name_key AS folded FROM users WHERE gone_at IS NULL",
	);
	for (const { key, username, name, folded } of all.all()) {
		const shown = asName(name) || username;
		const nowFolded = foldName(shown);
		if (shown !== name || nowFolded !== folded) write.run(shown, nowFolded, key);
	}
	client.run("UPDATE folded_names SET rules = ?", [wordRules]);
}
