import { and, asc, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import type { Page, PageRequest } from "../../page";
import { scorer } from "../../posts/match";
import { type Condition, isEmpty, type Query, type Words, wordsIn } from "../../posts/query";
import type { Post, SearchSort } from "../../posts/store";
import { wordsOf } from "../../posts/words";
import type { Db } from "./connect";
import { type Cursors, paged } from "./cursor";
import { nobody } from "./keys";
import { mark } from "./marks";
import { limit, parameter } from "./parameter";
import { follows, posts, tags, users } from "./schema";
import { type PostRow, selectPosts, toPost } from "./select";
import { viewer, visible } from "./visible";

/** The full-text index over `posts`; its rowid is their key. */
const index = sqliteTable("posts_fts", { key: integer("rowid") });

/** How many matches are sorted by likes or by how well they fit: the newest. */
export const mostSorted = 2_000;
/** Of a long post, as much as this is weighed, in characters. */
const weighed = 2_000;
/** Of whoever follows more people, their followers-only posts are told apart row by row instead of by the index. */
const mostFollowed = 200;

/**
 * A walk of the index stops after the page, but words that are common and yet never together would make it go on to the
 * oldest post: 100 ms for a million. So it goes in strides of keys, of which the first is `stride` long and the others as
 * long as the time left allows; it takes another one only within `patience` (ms). What was found until then is the page,
 * and the next one goes on from there.
 */
export type Pace = { stride: number; patience: number };
const usual: Pace = { stride: 20_000, patience: 6 };

type Search = { query: Query; sort: SearchSort; author?: string };
/** Keys: from `from` on, and below `below`. */
type Span = { from: number; below: number };

export function searches(db: Db, cursors: Cursors, pace: Pace = usual) {
	const bounds = {
		match: sql`posts_fts match ${sql.placeholder("match")}`,
		from: gte(index.key, parameter("from")),
		below: lt(index.key, parameter("below")),
	};
	const found = and(bounds.match, bounds.from, bounds.below, visible);
	const walk = (order: SQL) =>
		selectPosts(db).innerJoin(index, eq(index.key, posts.key)).where(found).orderBy(order).limit(limit).prepare();
	const walks = { newest: walk(desc(index.key)), oldest: walk(asc(index.key)) };
	const candidates = (
		columns: { likes: typeof posts.likeCount } | { title: typeof posts.title; content: SQL<string> },
	) =>
		db
			.select({ key: posts.key, ...columns })
			.from(posts)
			.innerJoin(index, eq(index.key, posts.key))
			.where(found)
			.orderBy(desc(index.key))
			.limit(limit)
			.prepare();
	const liked = candidates({ likes: posts.likeCount });
	const texts = candidates({ title: posts.title, content: sql<string>`substr(${posts.content}, 1, ${weighed})` });
	const byKeys = selectPosts(db)
		.where(and(sql`${posts.key} in (select value from json_each(${parameter("keys")}))`, visible))
		.prepare();

	const user = db
		.select({ key: users.key })
		.from(users)
		.where(eq(users.username, parameter("name")))
		.prepare();
	const tag = db
		.select({ key: tags.key })
		.from(tags)
		.where(eq(tags.name, parameter("name")))
		.prepare();
	const followed = db
		.select({ key: follows.followingKey })
		.from(follows)
		.where(eq(follows.followerKey, viewer))
		.limit(limit)
		.prepare();
	const ends = db
		.select({ last: sql<number>`coalesce(max(${posts.key}), 0)` })
		.from(posts)
		.prepare();
	const firstSince = db
		.select({ key: posts.key })
		.from(posts)
		.where(gte(posts.createdAt, parameter("at")))
		.orderBy(asc(posts.createdAt), asc(posts.key))
		.limit(1)
		.prepare();

	/** Null where nothing can match, since nobody has that name or nothing that tag. */
	function compile({ query, author }: Search, viewerKey: number): string | null {
		const userMark = (letter: string) => (name: string) => markOf(letter, user.get({ name })?.key);
		const term = (condition: Condition): string | null => {
			if (condition.kind === "words") return phrases(condition);
			if (condition.kind === "mention") return userMark("m")(condition.name);
			return markOf("t", tag.get({ name: condition.name })?.key);
		};
		const authors = (names: string[]) => either(names.map(userMark("a")).filter((name) => name !== null));

		const all = [seenBy(viewerKey), ...query.all.map(term)];
		if (query.by.length > 0) all.push(authors(query.by));
		if (author !== undefined) all.push(authors([author]));
		if (all.includes(null)) return null;
		const none = either([...query.none.map(term), authors(query.notBy)].filter((one) => one !== null));
		return `(${all.join(" AND ")})${none ? ` NOT ${none}` : ""}`;
	}

	/** What tells the index who asks. `visible` says the same of every row. */
	function seenBy(viewerKey: number): string {
		if (viewerKey === nobody) return marked("p");
		const people = followed.all({ viewer: viewerKey, limit: mostFollowed + 1 });
		const theirs = people.length > mostFollowed ? [marked("f")] : people.map(({ key }) => marked(`f${key}`));
		return `(${[marked("p"), marked(`a${viewerKey}`), ...theirs].join(" OR ")})`;
	}

	/** Keys grow with time, as far as the clock of the server does. */
	function spanOf({ from, until }: Query): Span {
		const end = (ends.get()?.last ?? 0) + 1;
		const since = (at: Date | null, otherwise: number) =>
			at === null ? otherwise : (firstSince.get({ at: at.getTime() })?.key ?? end);
		return { from: since(from, 1), below: since(until, end) };
	}

	/** Walks a span in strides, from its new end or from its old one. `rest` is what it left for lack of time. */
	function stroll<Row>(
		{ from, below }: Span,
		{ forwards = false, most, patience }: { forwards?: boolean; most: number; patience: number },
		step: (span: Span & { limit: number }) => Row[],
	): { rows: Row[]; rest: Span | null } {
		const start = performance.now();
		const rows: Row[] = [];
		let rest: Span = { from, below };
		for (let stride = pace.stride; rest.from < rest.below; ) {
			const started = performance.now();
			const edge = forwards ? Math.min(rest.from + stride, rest.below) : Math.max(rest.below - stride, rest.from);
			rows.push(...step({ ...rest, [forwards ? "below" : "from"]: edge, limit: most - rows.length }));
			if (rows.length >= most) return { rows, rest: null };
			rest = { ...rest, [forwards ? "from" : "below"]: edge };
			const now = performance.now();
			const left = patience - (now - start);
			if (left < 0) break;
			// As fast as the last one, but one that found nothing to do tells little.
			stride = Math.ceil(stride * Math.min(16, Math.max(0.25, left / (now - started) / 2)));
		}
		return { rows, rest: rest.from < rest.below ? rest : null };
	}

	return {
		/** What `PostStore` says of its page, for a search. */
		page(search: Search, request: PageRequest, viewerKey: number): Page<Post> {
			const { query, sort, author } = search;
			const list = `search:${sort}:${JSON.stringify([author, query])}`;
			const position = cursors.open(list, request.cursor)?.map(Number) ?? null;
			const seal = (position: (number | string)[]) => cursors.seal(list, position);
			const match = isEmpty(query) ? null : compile(search, viewerKey);
			if (match === null) return { items: [], nextCursor: null };
			const span = spanOf(query);
			const given = { viewer: viewerKey, match };

			if (sort === "newest" || sort === "oldest") {
				const forwards = sort === "oldest";
				const [key = forwards ? 0 : span.below] = position ?? [];
				const from = forwards ? Math.max(span.from, key + 1) : span.from;
				const below = forwards ? span.below : Math.min(span.below, key);
				const { rows, rest } = stroll(
					{ from, below },
					{ forwards, most: request.limit + 1, patience: pace.patience },
					(part) => walks[sort].values({ ...given, ...part }) as PostRow[],
				);
				const page = paged(rows, request, { item: toPost, position: ([key]) => [key], seal });
				return rest ? { ...page, nextCursor: seal([forwards ? rest.from - 1 : rest.below]) } : page;
			}

			// What is sorted on the first page is a span of keys, and stays the same on all others.
			const [from = span.from, below = span.below, score = Number.POSITIVE_INFINITY, key = 0] = position ?? [];
			const scoreOf = sort === "popular" ? null : scorer(wordsIn(query));
			const walking = { most: position ? mostSorted * 2 : mostSorted, patience: position ? Infinity : pace.patience };
			const { rows, rest } = stroll({ from, below }, walking, (part) => {
				if (!scoreOf) return liked.values({ ...given, ...part }) as [number, number][];
				return (texts.values({ ...given, ...part }) as [number, string | null, string][]).map(
					([key, title, content]): [number, number] => [key, scoreOf(title, content)],
				);
			});
			const first = position ? from : rows.length >= mostSorted ? (rows.at(-1)?.[0] ?? from) : (rest?.below ?? from);
			const sorted = rows
				.filter(([k, s]) => s < score || (s === score && k < key))
				.sort(([k, s], [otherK, otherS]) => otherS - s || otherK - k)
				.slice(0, request.limit + 1);
			const read = new Map(
				(byKeys.values({ viewer: viewerKey, keys: JSON.stringify(sorted.map(([key]) => key)) }) as PostRow[]).map(
					(row) => [row[0], row],
				),
			);
			return paged(sorted, request, {
				item: ([key]) => toPost(read.get(key) as PostRow),
				position: ([key, score]) => [first, below, score, key],
				seal,
			});
		},
	};
}
export type Searches = ReturnType<typeof searches>;

/** A column filter: what somebody typed never asks for a mark, nor a mark for what somebody wrote. */
const marked = (name: string) => `marks : "${mark}${name}"`;
const markOf = (letter: string, key: number | undefined) => (key === undefined ? null : marked(letter + key));
const either = (terms: string[]) => (terms.length === 0 ? null : `(${terms.join(" OR ")})`);

/** Words that stand together are a phrase; what has no spaces is one of its own, of characters. All of them must occur. */
function phrases({ text, prefix }: Words): string {
	const found: { words: string[]; unspaced: boolean }[] = [];
	for (const { start, end, unspaced } of wordsOf(text)) {
		const word = text.slice(start, end); // the index folds it itself
		const last = found.at(-1);
		if (unspaced) found.push({ words: [...word], unspaced });
		else if (last && !last.unspaced) last.words.push(word);
		else found.push({ words: [word], unspaced });
	}
	const quoted = found.map(({ words, unspaced }, i) => {
		const isCut = prefix && !unspaced && i === found.length - 1;
		return `"${words.join(" ")}"${isCut ? " *" : ""}`;
	});
	return `(${quoted.join(" AND ")})`;
}
