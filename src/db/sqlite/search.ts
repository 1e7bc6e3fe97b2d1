import { and, asc, desc, eq, gt, gte, lte, type Placeholder, type SQL, sql } from "drizzle-orm";
import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import type { Page, PageRequest } from "../../page";
import { scorer } from "../../posts/match";
import { type Condition, isEmpty, type Query, type Words, wordsIn } from "../../posts/query";
import type { Post, SearchSort } from "../../posts/store";
import { wordsOf } from "../../posts/words";
import type { Readable } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { nobody } from "./keys";
import { block, mark, places } from "./marks";
import { limit, parameter } from "./parameter";
import { rows } from "./rows";
import { posts, tags, users } from "./schema";
import { type PostRow, selectPosts, toPost } from "./select";
import { visible } from "./visible";

/** The full-text index over `posts`, the newest first: public posts, and further on all others. */
const index = sqliteTable("posts_fts", { at: integer("rowid") });

/**
 * How many matches are sorted by likes, or by how well they fit: the newest, and when they end, the next. To weigh a text
 * takes 10 µs and to read it as much again, a count of likes a tenth of that.
 */
const mostSorted = { popular: 1_000, relevance: 300 };
/** Of a long post, as much as this is weighed, in characters. */
const weighed = 1_000;
/** So many posts at a time that not everybody may see are told apart row by row, which takes 3 µs each. */
const mostCandidates = 256;

/**
 * The index stops after the page, but two words that are common and never stand together would have it go on to the oldest
 * post: 80 ms for a million. So it is walked in strides, of as many keys, in blocks, which costs 20 ns for every key. Another
 * stride is taken only within `patience` (ms), and a longer one only after one that was quick. What was found by then is the
 * page, and the next one goes on from there. Where no more than `few` posts have one of the words, all that is left is walked
 * at once, which takes 2 ms at most.
 */
export type Pace = { stride: number; patience: number; few: number };
const usual: Pace = { stride: block, patience: 4, few: 16_384 };
const longestStride = 8 * block;

/**
 * Who has typed a common word hardly means the beginning of another: a last word that somebody may still be typing is taken
 * as it is when so many of the newest 16,384 posts have it.
 */
const manyHaveIt = 256;
/** The beginning of a word that the index has no list of: that is put together anew by each query, 50 ns for each post. */
const unlisted = /[^" ]{6}" \*/u;

type Search = { query: Query; sort: SearchSort; author?: string };
/** Keys of posts: from `from` on, and below `below`. */
type Span = { from: number; below: number };
type Values = Record<string, string | number>;
/** Public posts by a walk of the index, and any posts by their keys. */
type Walk<Row> = Record<"everybody" | "byKeys", (values: Values) => Row[]> & { forwards: boolean };
/** What a post must match that everybody may see, and one that only some may: null where there can be none. */
type Match = {
	everybody: (span: Span, isBounded: boolean) => string;
	some: Match["everybody"] | null;
	/** Whether a walk of this may go far without a match. */
	canStray: () => boolean;
	/** How many keys are walked at first. */
	stride: number;
};

export function searches(db: Readable, cursors: Cursors, pace: Pace = usual) {
	/** Where the index has what, in SQL. */
	const place = (within: keyof typeof places, forwards = false) => {
		const end = sql.raw(String(places[within]));
		return {
			key: sql<number>`${end} - ${index.at}`,
			matches: and(
				sql`posts_fts match ${sql.placeholder("match")}`,
				gt(index.at, sql`${end} - ${parameter("below")}`),
				lte(index.at, sql`${end} - ${parameter("from")}`),
			),
			order: forwards ? desc(index.at) : asc(index.at),
		};
	};
	const walk = <Row extends [key: number, ...unknown[]]>(
		columns: "posts" | "likes" | "texts",
		{ forwards = false } = {},
	): Walk<Row> => {
		const { key, matches, order } = place("everybody", forwards);
		const content = sql<string>`substr(${posts.content}, 1, ${weighed})`;
		const select = () =>
			({
				posts: () => selectPosts(db).$dynamic(),
				likes: () => db.select({ key: posts.key, likes: posts.likeCount }).from(posts).$dynamic(),
				texts: () => db.select({ key: posts.key, title: posts.title, content }).from(posts).$dynamic(),
			})[columns]();
		const everybody = select()
			.innerJoin(index, eq(posts.key, key))
			.where(and(matches, visible))
			.orderBy(order)
			.limit(limit);
		const keyed = sql`${posts.key} in (select value from json_each(${parameter("keys")}))`;
		return {
			everybody: rows<Row>(db, everybody),
			byKeys: rows<Row>(db, select().where(and(keyed, visible))),
			forwards,
		};
	};
	const newest = walk<PostRow>("posts");
	const oldest = walk<PostRow>("posts", { forwards: true });
	const liked = walk<[key: number, likes: number]>("likes");
	const texts = walk<[key: number, title: string | null, content: string]>("texts");

	/** Posts that not everybody may see, and the viewer perhaps. */
	const hiddenPosts = (forwards: boolean) => {
		const { key, matches, order } = place("some", forwards);
		return rows<[key: number]>(db, db.select({ key }).from(index).where(matches).orderBy(order).limit(limit));
	};
	const newestHidden = hiddenPosts(false);
	const oldestHidden = hiddenPosts(true);

	const name = parameter("name");
	const user = db.select({ key: users.key }).from(users).where(eq(users.username, name)).prepare();
	const tag = db.select({ key: tags.key }).from(tags).where(eq(tags.name, name)).prepare();
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

	const counted = db
		.select({ at: index.at })
		.from(index)
		.where(place("everybody").matches)
		.limit(1)
		.offset(parameter("before") as SQL & Placeholder<"before">);
	const nth = rows<[at: number]>(db, counted);
	/** Whether a word is in so many posts of a span. */
	const isIn = (count: number, span: Span, word: string) => nth({ ...span, match: word, before: count - 1 }).length > 0;

	function isCommon(phrase: string): boolean {
		if (phrase.includes(" ")) return false;
		const below = (newestKey.get()?.key ?? 0) + 1;
		return isIn(manyHaveIt, { from: Math.max(1, below - block), below }, phrase);
	}

	/** Null where nothing can match, since nobody has that name or nothing that tag. */
	function compile({ query, author }: Search, viewerKey: number, span: Span): Match | null {
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
		const match = (terms: (string | null)[]) => (span: Span, isBounded: boolean) => {
			const both = isBounded ? [...terms, blocksOf(span)] : terms;
			return `(${both.join(" AND ")})${none ? ` NOT ${none}` : ""}`;
		};
		// Of the posts that not everybody may see, all: they stand where negative keys would.
		const isRare = (word: string) => !isIn(pace.few, { from: -places.some, below: span.below }, word);
		const words = all.flatMap((term) => piecesOf(term ?? ""));
		// One word by itself goes from match to match, and so no further than it is let.
		const isOne = all.length === 1 && words.length < 2 && none === null;
		const isLong = all.some((term) => unlisted.test(term ?? ""));
		const isBounded = !(isOne || isLong || words.some((word) => word.includes(mark) && isRare(word)));
		return {
			everybody: match(all),
			some: viewerKey === nobody ? null : match([...all, either([marked("a", viewerKey), marked("f", "")])]),
			canStray: () => !words.some(isRare),
			stride: isBounded ? pace.stride : Number.POSITIVE_INFINITY,
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
		{ everybody, byKeys, forwards }: Walk<Row>,
		match: Match,
		span: Span,
		{ viewer, most, patience }: { viewer: number; most: number; patience: number },
	): { rows: Row[]; rest: Span | null } {
		const start = performance.now();
		const passed: Row[] = [];
		/** What of a span comes before a key, and the key itself; what comes after it. */
		const upTo = ({ from, below }: Span, key: number) => (forwards ? { from, below: key + 1 } : { from: key, below });
		const after = ({ from, below }: Span, key: number) => (forwards ? { from: key + 1, below } : { from, below: key });
		let { stride } = match;
		let elapsed = 0;
		let rest = span;
		while (rest.from < rest.below) {
			const { from, below } = rest;
			let part = forwards
				? { from, below: Math.min(from + stride, below) }
				: { from: Math.max(below - stride, from), below };
			const limit = most - passed.length;
			const isBounded = Number.isFinite(stride);
			const found = everybody({ ...part, viewer, limit, match: match.everybody(part, isBounded) });
			const last = found.at(-1);
			if (last && found.length === limit) part = upTo(part, last[0]);
			if (match.some) {
				const hidden = forwards ? oldestHidden : newestHidden;
				const keys = hidden({ ...part, limit: mostCandidates, match: match.some(part, isBounded) }).map(([key]) => key);
				if (keys.length === mostCandidates) part = upTo(part, keys.at(-1) as number);
				if (keys.length > 0) found.push(...byKeys({ viewer, keys: JSON.stringify(keys) }));
			}
			const isIn = ([key]: Row) => key >= part.from && key < part.below;
			passed.push(...found.filter(isIn).sort(([a], [b]) => (forwards ? a - b : b - a)));
			if (passed.length >= most) return { rows: passed.slice(0, most), rest: null };
			rest = after(rest, forwards ? part.below - 1 : part.from);
			const before = elapsed;
			elapsed = performance.now() - start;
			if (elapsed > patience) break;
			if (before === 0 && isBounded && !match.canStray()) stride = Number.POSITIVE_INFINITY;
			else if (isBounded && (elapsed - before) * 4 < patience) stride = Math.min(stride * 4, longestStride);
		}
		return { rows: passed, rest: rest.from < rest.below ? rest : null };
	}

	return {
		/** What `PostStore` says of its page, for a search. */
		page(search: Search, request: PageRequest, viewer: number): Page<Post> {
			const { query, sort, author } = search;
			const list = `search:${sort}:${JSON.stringify([author, query])}`;
			const position = cursors.open(list, request.cursor)?.map(Number) ?? [];
			const seal = (position: (number | string)[]) => cursors.seal(list, position);
			const span = spanOf(query);
			const match = isEmpty(query) ? null : compile(search, viewer, span);
			if (match === null) return { items: [], nextCursor: null };

			if (sort === "newest" || sort === "oldest") {
				const forwards = sort === "oldest";
				const [key = forwards ? 0 : span.below] = position;
				const ahead = forwards
					? { ...span, from: Math.max(span.from, key + 1) }
					: { ...span, below: Math.min(span.below, key) };
				const how = { viewer, most: request.limit + 1, patience: pace.patience };
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
			const read = new Map(newest.byKeys({ viewer, keys }).map((row) => [row[0], row]));
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

/** The words that all that matches a term has, each by itself. */
function piecesOf(term: string): string[] {
	if (term.includes(" OR ")) return [];
	return [...term.matchAll(/"(?<said>[^"]+)"(?<star> \*)?/gu)].flatMap(({ groups: { said = "", star = "" } = {} }) => {
		const words = said.split(" ");
		return words.map((word, i) => `"${word}"${i === words.length - 1 ? star : ""}`);
	});
}

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
