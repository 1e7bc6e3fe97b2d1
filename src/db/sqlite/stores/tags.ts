import { lazily } from "../../../core/lazily";
import { foldName } from "../../../social/search/fold";
import type { TagStore } from "../../../social/tags/store";
import type { Db } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { lastCharacter } from "../query/parameter";

/** Limits for trending tags: uses of tags, and newest public posts. Reading them takes 3 ms. */
const newestUses = 3_000;
const newestPosts = 10_000;
/** Spans of 1,024 keys to read. Many of the keys may be of non-public posts. */
const newestSpans = 1_000;

export function tagStore(db: Db, cursors: Cursors): TagStore {
	type Row = { name: string; spelling: string; post_count: number; people: number };
	type Wanted = { prefix: string; end: string; after: string; limit: number };
	const byName = lazily(() =>
		db.$client.prepare<Row, Wanted>(`
			SELECT name, spelling, post_count, 0 AS people FROM tags
			WHERE post_count > 0 AND name >= $prefix AND name < $end AND name > $after
			ORDER BY name LIMIT $limit`),
	);
	const byPeople = lazily(() =>
		db.$client.prepare<Row, Wanted & { since: number; people: number }>(`
			SELECT name, spelling, post_count, count(DISTINCT author_key) AS people
			FROM (
				SELECT tag_key, author_key FROM (
					SELECT key, author_key, created_at FROM posts WHERE visibility = 'public' AND key >= (
						SELECT min(span) * 1024 FROM (
							SELECT span, newest FROM post_times ORDER BY span DESC LIMIT ${newestSpans}
						) WHERE newest >= $since
					) ORDER BY key DESC LIMIT ${newestPosts}
				) CROSS JOIN post_tags ON post_key = key
				WHERE created_at >= $since AND author_key NOT IN (SELECT key FROM users WHERE gone_at IS NOT NULL)
				LIMIT ${newestUses}
			)
			CROSS JOIN tags ON tags.key = tag_key
			WHERE name >= $prefix AND name < $end
			GROUP BY tags.key
			HAVING people < $people OR (people = $people AND name > $after)
			ORDER BY people DESC, name LIMIT $limit`),
	);

	return {
		async page({ prefix: typed, since }, request) {
			const prefix = foldName(typed);
			const list = `tags:${JSON.stringify([prefix, since !== undefined])}`;
			const position = cursors.open(list, request.cursor);
			const [after = "", people = Number.MAX_SAFE_INTEGER] = position ?? [];
			const wanted = { prefix, end: prefix + lastCharacter, after: String(after), limit: request.limit + 1 };
			const rows = since
				? byPeople().all({ ...wanted, since: since.getTime(), people: Number(people) })
				: byName().all(wanted);
			return paged(rows, request, {
				item: ({ name, spelling, post_count }) => ({ name: spelling || name, postCount: post_count }),
				position: ({ name, people }) => [name, people],
				seal: (position) => cursors.seal(list, position),
			});
		},
	};
}
