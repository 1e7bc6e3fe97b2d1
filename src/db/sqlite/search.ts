import { and, asc, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import type { Page, PageRequest } from "../../page";
import { scorer } from "../../posts/match";
import { type Condition, isEmpty, type Query, type Words, wordsIn } from "../../posts/query";
import type { Post, SearchSort } from "../../posts/store";
import { wordsOf } from "../../posts/words";
import type { Readable } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { nobody } from "./keys";
import { block, hidden, mark } from "./marks";
import { limit, parameter } from "./parameter";
import { rows } from "./rows";
import { follows, posts, tags, users } from "./schema";
import { type PostRow, selectPosts, toPost } from "./select";
import { viewer, visible } from "./visible";

/** The full-text index over `posts`: public posts by their keys, and all others 2^40 further on. */
const index = sqliteTable("posts_fts", { at: integer("rowid") });

/**
 * How many matches are sorted by likes, or by how well they fit: the newest, and when they end, the next. To weigh a text takes 10 µs and to read it as
 * much again, a count of likes a tenth of that.
 */
const mostSorted = { popular: 1_000, relevance: 300 };
/** Of a long post, as much as this is weighed, in characters. */
const weighed = 1_000;
/** To name somebody to the index takes 20 µs: who follows more people has followers-only posts told apart row by row. */
const mostFollowed = 100;

/**
 * The index stops after the page, but two words that are common and never stand together would have it go on to the oldest
 * post: 80 ms for a million. So it is walked in strides, which are of as many keys, in blocks. Another stride is taken only
 * within `patience` (ms), and a longer one only after one that was quick. What was found by then is the page, and the next
 * one goes on from there.
 */
export type Pace = { stride: number; patience: number };
const usual: Pace = { stride: block, patience: 4 };
const longestStride = 64 * block;

/**
 * The beginning of a word takes 50 ns for each post that has a word like that, before the first is found. So a last word
 * that somebody may still be typing is taken as it is when so many of the newest 16,384 posts have it.
 */
const manyHaveIt = 1_000;

type Search = { query: Query; sort: SearchSort; author?: string };
/** Keys of posts: from `from` on, and below `below`. */
type Span = { from: number; below: number };
/** Through what everybody may see, and through the rest. */
type Walks<Row> = Record<"everybody" | "some", (values: Record<string, string | number>) => Row[]>;
/** What a post must match that everybody may see, and one that only some may: null where there can be none. */
type Match = {
	everybody: (span: Span) => string;
	some: ((span: Span) => string) | null;
	/** Each of the two is asked in strides, or at once for all that is left; the first is as many times as long. */
	strides: { everybody: boolean; some: boolean; first: number };
};

export function searches(db: Readable, cursors: Cursors, pace: Pace = usual) {
	/** Two walks of the index, one through the public posts and one through the others, each with what it yields. */
	const walks = <Row extends [key: number, ...unknown[]]>(
		columns: "posts" | "likes" | "texts",
		order: (at: SQL) => SQL,
	) => {
		const walk = (offset: number) => {
			const key = sql`${index.at} - ${sql.raw(String(offset))}`;
			const bound = (name: string) => sql`${parameter(name)} + ${sql.raw(String(offset))}`;
			const content = sql<string>`substr(${posts.content}, 1, ${weighed})`;
			const select = {
				posts: () => selectPosts(db).$dynamic(),
				likes: () => db.select({ key: posts.key, likes: posts.likeCount }).from(posts).$dynamic(),
				texts: () => db.select({ key: posts.key, title: posts.title, content }).from(posts).$dynamic(),
			}[columns]();
			const found = select
				.innerJoin(index, eq(posts.key, key))
				.where(
					and(
						sql`posts_fts match ${sql.placeholder("match")}`,
						gte(index.at, bound("from")),
						lt(index.at, bound("below")),
						visible,
					),
				)
				.orderBy(order(sql`${index.at}`))
				.limit(limit);
			return rows<Row>(db, found);
		};
		return { everybody: walk(0), some: walk(hidden) };
	};
	const newest = walks<PostRow>("posts", desc);
	const oldest = walks<PostRow>("posts", asc);
	const liked = walks<[key: number, likes: number]>("likes", desc);
	const texts = walks<[key: number, title: string | null, content: string]>("texts", desc);
	const byKeys = rows<PostRow>(
		db,
		selectPosts(db).where(and(sql`${posts.key} in (select value from json_each(${parameter("keys")}))`, visible)),
	);

	const name = parameter("name");
	const user = db.select({ key: users.key }).from(users).where(eq(users.username, name)).prepare();
	const tag = db.select({ key: tags.key }).from(tags).where(eq(tags.name, name)).prepare();
	const followed = db
		.select({ key: follows.followingKey })
		.from(follows)
		.where(eq(follows.followerKey, viewer))
		.limit(limit)
		.prepare();
	const newestKey = db
		.select({ key: sql<number | null>`max(${posts.key})` })
		.from(posts)
		.prepare();
	const firstSince = db
		.select({ key: posts.key })
		.from(posts)
		.where(gte(posts.createdAt, parameter("at")))
		.orderBy(asc(posts.createdAt), asc(posts.key))
		.limit(1)
		.prepare();

	const having = db
		.select({ at: index.at })
		.from(index)
		.where(and(sql`posts_fts match ${sql.placeholder("match")}`, gte(index.at, parameter("from"))))
		.limit(limit)
		.prepare();
	function isCommon(phrase: string): boolean {
		const below = (newestKey.get()?.key ?? 0) + 1;
		const from = Math.max(1, below - block);
		const match = `${phrase} AND ${blocksOf({ from, below })}`;
		return having.values({ match, from, limit: manyHaveIt }).length === manyHaveIt;
	}

	/** Null where nothing can match, since nobody has that name or nothing that tag. */
	function compile({ query, author }: Search, viewerKey: number): Match | null {
		const userMark = (letter: string) => (name: string) => marked(letter, user.get({ name })?.key);
		const term = (condition: Condition): string | null => {
			if (condition.kind === "words") return phrases(condition, isCommon);
			if (condition.kind === "mention") return userMark("m")(condition.name);
			return marked("t", tag.get({ name: condition.name })?.key);
		};
		const all = query.all.map(term);
		if (query.by.length > 0) all.push(either(query.by.map(userMark("a"))));
		if (author !== undefined) all.push(userMark("a")(author));
		if (all.includes(null)) return null;
		const none = either([...query.none.map(term), ...query.notBy.map(userMark("a"))]);
		const match = (terms: (string | null)[], strides: boolean) => (span: Span) => {
			const both = strides || terms.length === 0 ? [...terms, blocksOf(span)] : terms;
			return `(${both.join(" AND ")})${none ? ` NOT ${none}` : ""}`;
		};
		// One term by itself goes from match to match, and so no further than it is let.
		const strides = { everybody: all.length !== 1 || none !== null, some: false, first: 1 };
		// For a longer beginning of a word than the index has lists of, every stride puts together anew what has it.
		if (all.some((term) => /[^" ]{4,}" \*/u.test(term ?? ""))) strides.first = 64;
		if (viewerKey === nobody) return { everybody: match(all, strides.everybody), some: null, strides };
		const people = followed.all({ viewer: viewerKey, limit: mostFollowed + 1 });
		strides.some = people.length > mostFollowed;
		const theirs = strides.some ? [marked("f", "")] : people.map(({ key }) => marked("f", key));
		// Where the index knows whose posts to look for, there are never many. `visible` says the same of every row.
		const shown = either([marked("a", viewerKey), ...theirs]);
		return {
			everybody: match(all, strides.everybody),
			some: match([...all, shown], strides.some),
			strides,
		};
	}

	/** Keys grow with time, as far as the clock of the server does. */
	function spanOf({ from, until }: Query): Span {
		const end = (newestKey.get()?.key ?? 0) + 1;
		const since = (at: Date | null, otherwise: number) =>
			at === null ? otherwise : (firstSince.get({ at: at.getTime() })?.key ?? end);
		return { from: since(from, 1), below: since(until, end) };
	}

	/** Walks a span from its new end, or forwards from its old one. `rest` is what is left of it for lack of time. */
	function stroll<Row extends [key: number, ...unknown[]]>(
		walks: Walks<Row>,
		{ everybody, some, strides }: Match,
		span: Span,
		{
			viewer,
			most,
			forwards = false,
			patience,
		}: { viewer: number; most: number; forwards?: boolean; patience: number },
	): { rows: Row[]; rest: Span | null } {
		const start = performance.now();
		let elapsed = 0;
		const passed: Row[] = [];
		const all = { viewer, limit: most };
		let found = some && !strides.some ? walks.some({ ...all, ...span, match: some(span) }) : [];
		let { from, below } = span;
		let stride = strides.everybody || strides.some ? pace.stride * strides.first : Number.POSITIVE_INFINITY;
		while (from < below) {
			const part = forwards
				? { from, below: Math.min(from + stride, below) }
				: { from: Math.max(below - stride, from), below };
			found.push(...walks.everybody({ ...all, ...part, match: everybody(part) }));
			if (some && strides.some) found.push(...walks.some({ ...all, ...part, match: some(part) }));
			const isHere = ([key]: Row) => key >= part.from && key < part.below;
			passed.push(...found.filter(isHere).sort(([a], [b]) => (forwards ? a - b : b - a)));
			if (passed.length >= most) return { rows: passed.slice(0, most), rest: null };
			found = found.filter((row) => !isHere(row));
			if (forwards) from = part.below;
			else below = part.from;
			const before = elapsed;
			elapsed = performance.now() - start;
			if (elapsed > patience) break;
			if ((elapsed - before) * 4 < patience) stride = Math.min(stride * 4, longestStride);
		}
		return { rows: passed, rest: from < below ? { from, below } : null };
	}

	return {
		/** What `PostStore` says of its page, for a search. */
		page(search: Search, request: PageRequest, viewer: number): Page<Post> {
			const { query, sort, author } = search;
			const list = `search:${sort}:${JSON.stringify([author, query])}`;
			const position = cursors.open(list, request.cursor)?.map(Number) ?? [];
			const seal = (position: (number | string)[]) => cursors.seal(list, position);
			const match = isEmpty(query) ? null : compile(search, viewer);
			if (match === null) return { items: [], nextCursor: null };
			const span = spanOf(query);

			if (sort === "newest" || sort === "oldest") {
				const forwards = sort === "oldest";
				const [key = forwards ? 0 : span.below] = position;
				const ahead = forwards
					? { ...span, from: Math.max(span.from, key + 1) }
					: { ...span, below: Math.min(span.below, key) };
				const how = { viewer, most: request.limit + 1, forwards, patience: pace.patience };
				const { rows, rest } = stroll(forwards ? oldest : newest, match, ahead, how);
				const page = paged(rows, request, { item: toPost, position: ([key]) => [key], seal });
				return rest ? { ...page, nextCursor: seal([forwards ? rest.from - 1 : rest.below]) } : page;
			}

			// What is sorted is a span of keys. Its first page settles it, and the others keep to it, whatever was written meanwhile.
			const [from = span.from, below = span.below, score = Number.POSITIVE_INFINITY, key = 0] = position;
			const isFirst = position.length < 4;
			const how = isFirst
				? { viewer, most: mostSorted[sort], patience: pace.patience }
				: { viewer, most: 2 * mostSorted[sort], patience: Number.POSITIVE_INFINITY };
			const scoreOf = scorer(wordsIn(query));
			const { rows, rest } =
				sort === "popular" ? stroll(liked, match, { from, below }, how) : stroll(texts, match, { from, below }, how);
			const scored = rows.map((row): [key: number, score: number] =>
				row.length === 2 ? row : [row[0], scoreOf(row[1], row[2])],
			);
			const full = rows.length === how.most ? rows.at(-1)?.[0] : undefined;
			const oldestKey = isFirst ? (full ?? rest?.below ?? from) : from;
			const sorted = scored
				.filter(([k, s]) => s < score || (s === score && k < key))
				.sort(([k, s], [otherK, otherS]) => otherS - s || otherK - k)
				.slice(0, request.limit + 1);
			const keys = JSON.stringify(sorted.map(([key]) => key));
			const read = new Map(byKeys({ viewer, keys }).map((row) => [row[0], row]));
			const page = paged(sorted, request, {
				item: ([key]) => toPost(read.get(key) as PostRow),
				position: ([key, score]) => [oldestKey, below, score, key],
				seal,
			});
			const isLast = page.nextCursor === null && oldestKey > span.from;
			return isLast ? { ...page, nextCursor: seal([span.from, oldestKey]) } : page;
		},
	};
}
export type Searches = ReturnType<typeof searches>;

/** A column filter: what somebody typed never asks for a mark, nor a mark for what somebody wrote. Null for a key of nothing. */
function marked(letter: string, key: number | "" | undefined): string | null {
	return key === undefined ? null : `marks : "${mark}${letter}${key}"`;
}

const either = (terms: (string | null)[]): string | null => {
	const known = terms.filter((term) => term !== null);
	return known.length === 0 ? null : `(${known.join(" OR ")})`;
};

/** The blocks that a span touches. */
function blocksOf({ from, below }: Span): string | null {
	const first = Math.floor(from / block);
	const count = Math.floor((below - 1) / block) - first + 1;
	return either(Array.from({ length: count }, (_, i) => marked("e", first + i)));
}

/** Words that stand together are a phrase; what has no spaces is one of its own, of characters. All of them must occur. */
function phrases({ text, prefix }: Words, isCommon: (phrase: string) => boolean): string {
	const found: { words: string[]; unspaced: boolean }[] = [];
	for (const { start, end, unspaced } of wordsOf(text)) {
		const word = text.slice(start, end); // the index folds it itself
		const last = found.at(-1);
		if (unspaced) found.push({ words: [...word], unspaced });
		else if (last && !last.unspaced) last.words.push(word);
		else found.push({ words: [word], unspaced });
	}
	const quoted = found.map(({ words }) => `"${words.join(" ")}"`);
	const last = quoted.at(-1) ?? "";
	if (prefix && !found.at(-1)?.unspaced && (prefix === "asked" || !isCommon(last))) quoted.splice(-1, 1, `${last} *`);
	return quoted.length === 1 ? (quoted[0] ?? "") : `(${quoted.join(" AND ")})`;
}
