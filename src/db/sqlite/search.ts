import { sql } from "drizzle-orm";
import { lazily } from "../../lazily";
import type { Page, PageRequest } from "../../page";
import { foldName } from "../../posts/fold";
import { hasWords, scorer } from "../../posts/match";
import { type Condition, isEmpty, type Query, type Words, wordsIn } from "../../posts/query";
import type { Post, SearchSort } from "../../posts/store";
import { wordsOf } from "../../posts/words";
import type { Readable } from "./atomic";
import { type Cursors, paged } from "./cursor";
import { nobody } from "./keys";
import { mark } from "./marks";
import { parameter } from "./parameter";
import { rows } from "./rows";
import { posts } from "./schema";
import { beginning, beginningOf, blockOf, blockSize, keyOf, rowidOf, tableOf } from "./search-index";
import { type PostRow, selectPosts, toPost } from "./select";
import { visible } from "./visible";

/**
 * How many matches are sorted by likes, or by how well they fit: the newest, and when they end, the next. To weigh a text
 * takes 10 µs and to read it as much again, a count of likes a tenth of that.
 */
const mostSorted = { popular: 1_000, relevance: 300 };
/** Of a long post, as much as this is weighed, in characters. */
const weighed = 1_000;
/**
 * Candidates among posts that are not public, which are compared with the query one by one. Most pages need few of them, so
 * the batch starts small and doubles.
 */
const candidates = { least: 32, most: 256 };

/**
 * A search walks from block to block and starts another block only within `patienceMs`. Then it returns the matches so far,
 * and the next page goes on from there. A block takes 30 µs without a match, and 1 ms where each word is common but they
 * never occur together.
 */
export type Pace = { patienceMs: number };
const usual: Pace = { patienceMs: 4 };

/**
 * The last word of a query is usually treated as the beginning of a word. It counts as complete when so many posts of one of
 * the two newest blocks have it.
 */
const manyHaveIt = 256;

type Search = { query: Query; sort: SearchSort; author?: string };
/** Keys of posts: from `from` on, and below `below`. */
type Span = { from: number; below: number };
/** Milliseconds since 1970: from `since` on, and before `until`. */
type Times = { since: number; until: number };
type Values = Record<string, string | number>;
/** Reads posts by key, as far as the viewer may see them and they are of that time, in any order. */
type ByKeys<Row> = (values: Times & { viewer: number; keys: string }) => Row[];
/** The conditions of a query: for the full-text index, and for posts that are not public. */
type Match = { text: string; hidden: Hidden | null };
type Hidden = {
	/** The word to look up in `hidden_words`; every match has it. */
	word: string;
	/** Keys of the possible authors; null for any. */
	authors: number[] | null;
	/** Null when every post with the word matches. */
	fits: ((post: Candidate) => boolean) | null;
};
type Candidate = [key: number, author: number, title: string | null, content: string, marks: string];

export function searches(db: Readable, cursors: Cursors, { patienceMs }: Pace = usual) {
	const keyed = sql`${posts.key} in (select value from json_each(${parameter("keys")}))`;
	const inTime = sql`${posts.createdAt} >= ${parameter("since")} and ${posts.createdAt} < ${parameter("until")}`;
	const content = sql<string>`substr(${posts.content}, 1, ${weighed})`;
	const ofKeys = <Row extends [key: number, ...unknown[]]>(select: () => SelectsWhere) =>
		rows<Row>(db, () => select().where(sql`${keyed} and ${inTime} and ${visible}`)) as ByKeys<Row>;
	const shown = ofKeys<PostRow>(() => selectPosts(db).$dynamic());
	const liked = ofKeys<[key: number, likes: number]>(() =>
		db.select({ key: posts.key, likes: posts.likeCount }).from(posts).$dynamic(),
	);
	const texts = ofKeys<[key: number, title: string | null, content: string]>(() =>
		db.select({ key: posts.key, title: posts.title, content }).from(posts).$dynamic(),
	);

	const blocks = walks(db);
	const spans = timeSpans(db);
	const hidden = hiddenWalks(db);

	const one = <Value>(statement: string) => {
		const prepared = lazily(() => db.$client.prepare<unknown, Values>(statement));
		return (values: Values = {}) => (prepared().values(values)[0]?.[0] ?? null) as Value | null;
	};
	const user = one<number>("SELECT key FROM users WHERE username = (SELECT $name)");
	const tag = one<number>("SELECT key FROM tags WHERE name = (SELECT $name)");
	const newestKey = one<number>("SELECT max(key) FROM posts");

	const isCommon = (phrase: string): boolean =>
		!phrase.includes(" ") && blocks.newest(2).some((block) => blocks.has(block, phrase, manyHaveIt));

	/**
	 * An unknown name gets a key that no row has, so that the search takes as long. Otherwise its time would tell whether
	 * hidden posts have a tag.
	 */
	const keyNamed = (find: typeof user, name: string): number => find({ name }) ?? nobody;

	function compile({ query, author }: Search, viewer: number): Match {
		const read = (condition: Condition): Read => {
			if (condition.kind === "words") return settled(condition, isCommon);
			return condition.kind === "mention"
				? `m${keyNamed(user, condition.name)}`
				: `t${keyNamed(tag, foldName(condition.name))}`;
		};
		const term = (read: Read) => (typeof read === "string" ? marked(read) : phrases(read));
		const authorsOf = (names: string[]) => names.map((name) => keyNamed(user, name));
		const [all, none, notBy] = [query.all.map(read), query.none.map(read), authorsOf(query.notBy)];
		const by = [query.by, author === undefined ? [] : [author]].filter((names) => names.length > 0).map(authorsOf);

		const byOf = (keys: number[]) => keys.map((key) => marked(`a${key}`));
		const positive = [...all.map(term), ...by.map((keys) => either(byOf(keys)))];
		const negative = [...none.map(term), ...byOf(notBy)];
		const text = `(${positive.length > 0 ? positive.join(" AND ") : marked("p")})`;
		return {
			text: negative.length > 0 ? `${text} NOT ${either(negative)}` : text,
			hidden: viewer === nobody ? null : hiddenMatch({ all, none, by, notBy }),
		};
	}

	type Walking = { viewer: number; most: number; patienceMs: number; times: Times; forwards?: boolean };

	/**
	 * Walks a span from its new end, or forwards from its old one, and gives what the viewer may see of what matches.
	 * `rest` is what is left of it for lack of time.
	 */
	function walk<Row extends [key: number, ...unknown[]]>(
		byKeys: ByKeys<Row>,
		{ text, hidden: wanted }: Match,
		span: Span,
		{ viewer, most, patienceMs, times, forwards = false }: Walking,
	): { rows: Row[]; rest: Span | null } {
		const start = performance.now();
		const found: Row[] = [];
		const order = (keys: number[]) => keys.sort((a, b) => (forwards ? a - b : b - a));
		/** What of a span comes before a key, and the key itself; what comes after it. */
		const upTo = ({ from, below }: Span, key: number) => (forwards ? { from, below: key + 1 } : { from: key, below });
		const after = ({ from, below }: Span, key: number) => (forwards ? { from: key + 1, below } : { from, below: key });
		const hiddenIn = wanted && hidden.of(wanted, { viewer, forwards });
		for (let rest of spans.of(span, times, forwards))
			while (rest.from < rest.below) {
				const limit = Math.max(most - found.length, isBounded(times) ? leastInTime : 0);
				let { block, part } = blocks.next(rest, forwards);
				const keys = block === null ? [] : blocks.keys(block, text, part, { limit, forwards });
				if (keys.length === limit) part = upTo(part, keys.at(-1) as number);
				if (hiddenIn) {
					const { keys: others, until } = hiddenIn(part);
					if (until !== null) part = upTo(part, until);
					keys.push(...others);
				}
				const here = order(keys.filter((key) => key >= part.from && key < part.below)).slice(0, limit);
				if (here.length === limit) part = upTo(part, here.at(-1) as number);
				const read = new Map(byKeys({ viewer, ...times, keys: JSON.stringify(here) }).map((row) => [row[0], row]));
				for (const key of here) {
					const row = read.get(key);
					if (row && found.push(row) === most) return { rows: found, rest: null };
				}
				rest = after(rest, forwards ? part.below - 1 : part.from);
				if (performance.now() - start > patienceMs) {
					const left = forwards ? { ...span, from: rest.from } : { ...span, below: rest.below };
					return { rows: found, rest: left.from < left.below ? left : null };
				}
			}
		return { rows: found, rest: null };
	}

	return {
		/** What `PostStore` says of its page, for a search. */
		page(search: Search, request: PageRequest, viewer: number): Page<Post> {
			const { query, sort, author } = search;
			const list = `search:${sort}:${JSON.stringify([author, query])}`;
			const position = cursors.open(list, request.cursor)?.map(Number) ?? [];
			const seal = (position: (number | string)[]) => cursors.seal(list, position);
			const span: Span = { from: 1, below: (newestKey() ?? 0) + 1 };
			const times = timesOf(query);
			if (isEmpty(query)) return { items: [], nextCursor: null };
			const match = compile(search, viewer);

			if (sort === "newest" || sort === "oldest") {
				const forwards = sort === "oldest";
				const [key = forwards ? 0 : span.below] = position;
				const ahead = forwards
					? { ...span, from: Math.max(span.from, key + 1) }
					: { ...span, below: Math.min(span.below, key) };
				const { rows, rest } = walk(shown, match, ahead, {
					viewer,
					most: request.limit + 1,
					patienceMs,
					times,
					forwards,
				});
				const page = paged(rows, request, { item: toPost, position: ([key]) => [key], seal });
				return rest ? { ...page, nextCursor: seal([forwards ? rest.from - 1 : rest.below]) } : page;
			}

			// What is sorted is a span of keys. Its first page settles it, and the others keep to it, whatever was written meanwhile.
			const [from = span.from, below = span.below, score = Number.POSITIVE_INFINITY, key = 0] = position;
			const isFirst = position.length < 4;
			const how = isFirst
				? { viewer, times, most: mostSorted[sort], patienceMs }
				: { viewer, times, most: 2 * mostSorted[sort], patienceMs: Number.POSITIVE_INFINITY };
			const scoreOf = scorer(wordsIn(query));
			const { rows, rest } =
				sort === "popular" ? walk(liked, match, { from, below }, how) : walk(texts, match, { from, below }, how);
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
			const read = new Map(shown({ viewer, ...times, keys }).map((row) => [row[0], row]));
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
type SelectsWhere = {
	where(condition: ReturnType<typeof sql>): { toSQL(): ReturnType<ReturnType<typeof selectPosts>["toSQL"]> };
};

/** Keys that a search by date reads at once, at least: many may be of another time. */
const leastInTime = 256;
/** Every time that a Date can have. */
const anyTime: Times = { since: -8.64e15, until: 8.64e15 };
const timesOf = ({ from, until }: Query): Times => ({
	since: from?.getTime() ?? anyTime.since,
	until: until?.getTime() ?? anyTime.until,
});
const isBounded = ({ since, until }: Times) => since > anyTime.since || until < anyTime.until;

/** Keys per row of `post_times`. */
const spanSize = 1_024;
/** Rows of it that are read at once. */
const spansAtOnce = 1_000;

/** Finds the spans of keys that have posts of a time. A clock that was wrong has written some of them far from the others. */
function timeSpans(db: Readable) {
	const inOrder = (order: "ASC" | "DESC") =>
		lazily(() =>
			db.$client.prepare<{ span: number }, Values>(
				`SELECT span FROM post_times WHERE span >= (SELECT $first) AND span <= (SELECT $last)
					AND newest >= (SELECT $since) AND oldest < (SELECT $until)
				ORDER BY span ${order} LIMIT ${spansAtOnce}`,
			),
		);
	const statements = { forwards: inOrder("ASC"), backwards: inOrder("DESC") };
	const numberOf = (key: number) => Math.floor(key / spanSize);

	return {
		/** The parts of a span that may have posts of a time, in order; those that touch are one. */
		*of(span: Span, times: Times, forwards: boolean): Generator<Span> {
			if (!isBounded(times)) return yield span;
			const within = (first: number, last: number): Span => ({
				from: Math.max(span.from, first * spanSize),
				below: Math.min(span.below, (last + 1) * spanSize),
			});
			let [first, last] = [numberOf(span.from), numberOf(span.below - 1)];
			while (first <= last) {
				const found = statements[forwards ? "forwards" : "backwards"]().all({ first, last, ...times });
				let run: [number, number] | null = null;
				for (const { span } of found) {
					if (run && (forwards ? run[1] + 1 === span : run[0] - 1 === span)) run[forwards ? 1 : 0] = span;
					else {
						if (run) yield within(...run);
						run = [span, span];
					}
				}
				if (run) yield within(...run);
				if (run === null || found.length < spansAtOnce) return;
				if (forwards) first = run[1] + 1;
				else last = run[0] - 1;
			}
		},
	};
}

/** How many blocks keep their statements prepared. */
const mostPrepared = 64;

/** Walks of the full-text index. */
function walks(db: Readable) {
	const after = (order: "ASC" | "DESC") =>
		lazily(() =>
			db.$client.prepare<{ block: number }, { from: number; to: number }>(
				`SELECT block FROM search_blocks WHERE block >= (SELECT $from) AND block <= (SELECT $to) ORDER BY block ${order} LIMIT 1`,
			),
		);
	const nearest = { forwards: after("ASC"), backwards: after("DESC") };
	const newest = lazily(() =>
		db.$client.prepare<{ block: number }, [number]>(
			"SELECT block FROM search_blocks ORDER BY block DESC LIMIT (SELECT ?)",
		),
	);

	// A rowid is the smaller the newer. The parameters stand in subqueries for the reason that `parameter` tells.
	const prepare = (block: number) => {
		const walk = (order: string) =>
			db.$client.prepare<unknown, Values>(
				`SELECT rowid FROM ${tableOf(block)} WHERE ${tableOf(block)} MATCH $match AND rowid >= (SELECT $first)
				AND rowid <= (SELECT $last) ORDER BY rowid ${order} LIMIT (SELECT $limit) OFFSET (SELECT $offset)`,
			);
		return { backwards: walk("ASC"), forwards: walk("DESC") };
	};
	const prepared = new Map<number, ReturnType<typeof prepare>>();
	const statementsOf = (block: number) => {
		const found = prepared.get(block) ?? prepare(block);
		if (prepared.size >= mostPrepared) prepared.clear();
		prepared.set(block, found);
		return found;
	};

	return {
		newest: (count: number) =>
			newest()
				.all(count)
				.map(({ block }) => block),

		/** True when at least `count` posts of a block match. */
		has: (block: number, match: string, count: number): boolean =>
			statementsOf(block).backwards.values({ match, first: 1, last: blockSize, limit: 1, offset: count - 1 }).length >
			0,

		/** The next block of a walk and the part of its span up to the end of that; all of the span where no block is left. */
		next({ from, below }: Span, forwards: boolean): { block: number | null; part: Span } {
			db.reads.open();
			const found = nearest[forwards ? "forwards" : "backwards"]().get({ from: blockOf(from), to: blockOf(below - 1) });
			if (found === null) return { block: null, part: { from, below } };
			const { block } = found;
			const start = block * blockSize;
			const part = forwards
				? { from, below: Math.min(below, start + blockSize) }
				: { from: Math.max(from, start), below };
			return { block, part };
		},

		/** Keys of public posts of a block. */
		keys(block: number, match: string, { from, below }: Span, { limit, forwards }: Range): number[] {
			const start = Math.max(from, block * blockSize);
			const end = Math.min(below, (block + 1) * blockSize);
			const wanted = { match, first: rowidOf(end - 1), last: rowidOf(start), limit, offset: 0 };
			const found = statementsOf(block)[forwards ? "forwards" : "backwards"].values(wanted);
			return (found as [number][]).map(([rowid]) => keyOf(block, rowid));
		},
	};
}

type Range = { limit: number; forwards: boolean };

/** Walks over posts that are not public: only the viewer's own, and those of people they follow. */
function hiddenWalks(db: Readable) {
	// The authors are the outer loop, as in the feed: SQLite leaves an author once the page is full of newer posts.
	const walk = (order: "ASC" | "DESC") =>
		lazily(() =>
			db.$client.prepare<unknown, Values>(`
				SELECT post_key FROM (
					SELECT following_key AS author, 0 AS hidden FROM follows WHERE follower_key = (SELECT $viewer)
					UNION ALL SELECT (SELECT $viewer), 0 UNION ALL SELECT (SELECT $viewer), 1
				) CROSS JOIN hidden_words ON author_key = author AND is_private = hidden AND word = (SELECT $word)
				WHERE post_key >= (SELECT $from) AND post_key < (SELECT $below)
					AND ((SELECT $authors) IS NULL OR author IN (SELECT value FROM json_each((SELECT $authors))))
				ORDER BY post_key ${order} LIMIT (SELECT $limit)`),
		);
	const statements = { forwards: walk("ASC"), backwards: walk("DESC") };
	const read = rows<Candidate>(db, () =>
		db
			.select({
				key: posts.key,
				author: posts.authorKey,
				title: posts.title,
				content: posts.content,
				marks: posts.marks,
			})
			.from(posts)
			.where(sql`${posts.key} in (select value from json_each(${parameter("keys")}))`),
	);

	return {
		/**
		 * Returns a function that gives the matching keys of a part of the span. Parts must follow one another. `until` is the
		 * last key it has looked at, if it has not reached the end of the part.
		 */
		of({ word, authors, fits }: Hidden, { viewer, forwards }: { viewer: number; forwards: boolean }) {
			const statement = statements[forwards ? "forwards" : "backwards"]();
			let ahead: number[] = [];
			/** The last key that was looked at; null before the first. */
			let reached: number | null = null;
			let isDone = false;
			let limit = candidates.least;
			const load = ({ from, below }: Span) => {
				const bounds = forwards ? { from, below: Number.MAX_SAFE_INTEGER } : { from: 1, below };
				const wanted = { viewer, word, authors: authors && JSON.stringify(authors), limit, ...bounds };
				const keys = keysOf(statement.values(wanted as Values) as [number][]);
				reached = keys.at(-1) ?? null;
				isDone = keys.length < limit;
				limit = Math.min(2 * limit, candidates.most);
				ahead = fits ? keysOf(read({ keys: JSON.stringify(keys) }).filter(fits)) : keys;
			};
			return ({ from, below }: Span): { keys: number[]; until: number | null } => {
				const isBehind = () => reached !== null && (forwards ? reached < from : reached >= below);
				if (!isDone && (reached === null || isBehind())) load({ from, below });
				const isCovered = isDone || reached === null || (forwards ? reached >= below - 1 : reached <= from);
				return { keys: ahead.filter((key) => key >= from && key < below), until: isCovered ? null : reached };
			};
		},
	};
}

const keysOf = (rows: [key: number, ...unknown[]][]) => rows.map(([key]) => key);

type Read = Words | string;

/** Compiles the conditions for posts that are not public. Marks are those of `marks.ts` without their first character. */
function hiddenMatch({ all, none, by, notBy }: { all: Read[]; none: Read[]; by: number[][]; notBy: number[] }): Hidden {
	const isMark = (read: Read) => typeof read === "string";
	const isWords = (read: Read): read is Words => typeof read !== "string";
	const has = (marks: string, name: Read) => marks.includes(` ${mark}${name as string} `);
	const [allMarks, noMarks] = [all.filter(isMark), none.filter(isMark)];
	const hasAll = all.filter(isWords).map((words) => hasWords(words));
	const hasNone = none.filter(isWords).map((words) => hasWords(words));
	const word = allMarks.length > 0 ? `${mark}${allMarks[0] as string}` : longestWord(all.filter(isWords));
	const isAlone = none.length + notBy.length === 0 && (all.length === 0 || (all.length === 1 && isWord(all[0], word)));
	const [first, ...others] = by;
	const authors = first === undefined ? null : first.filter((key) => others.every((keys) => keys.includes(key)));
	return {
		word,
		authors,
		fits: isAlone
			? null
			: ([, author, title, content, marks]) =>
					!notBy.includes(author) &&
					allMarks.every((name) => has(marks, name)) &&
					!noMarks.some((name) => has(marks, name)) &&
					hasAll.every((fits) => fits(title, content)) &&
					!hasNone.some((fits) => fits(title, content)),
	};
}

/** True when a condition asks for exactly one word of `hidden_words`. */
function isWord(read: Read | undefined, word: string): boolean {
	if (typeof read === "string") return true;
	const words = read && !read.prefix ? wordsOf(read.text) : [];
	return words.length === 1 && words[0]?.folded === word;
}

/** The longest word is likely in the fewest posts. A prefix counts with the letters that are indexed. */
function longestWord(all: Words[]): string {
	const candidates = all.flatMap(({ text, prefix }) =>
		wordsOf(text).flatMap(({ folded, unspaced }, i, { length }) => {
			if (unspaced) return [...folded];
			const isCut = Boolean(prefix) && i === length - 1;
			return isCut ? (folded.length >= beginning ? [beginningOf(folded)] : []) : [folded];
		}),
	);
	return candidates.reduce((longest, word) => (word.length > longest.length ? word : longest), "");
}

/** The column filter keeps words and marks apart: typed words never match a mark. */
const marked = (name: string): string => `marks : "${mark}${name}"`;

const either = (terms: string[]): string => `(${terms.join(" OR ")})`;

/** Decides whether the last word is the beginning of one. */
function settled(words: Words, isCommon: (phrase: string) => boolean): Words {
	if (words.prefix !== "typing") return words;
	const last = piecesOf(words.text).at(-1);
	const isWhole = last === undefined || last.unspaced || isCommon(quoted(last.words));
	return { ...words, prefix: isWhole ? false : "asked" };
}

/** Splits a condition into phrases. A run without spaces is a phrase of its own, of single characters. */
function piecesOf(text: string): { words: string[]; unspaced: boolean }[] {
	const found: { words: string[]; unspaced: boolean }[] = [];
	for (const { folded, unspaced } of wordsOf(text)) {
		const last = found.at(-1);
		if (unspaced) found.push({ words: [...folded], unspaced });
		else if (last && !last.unspaced) last.words.push(folded);
		else found.push({ words: [folded], unspaced });
	}
	return found;
}

const quoted = (words: string[]) => `"${words.join(" ")}"`;

/** The phrases in FTS5 query syntax: all must occur. */
function phrases({ text, prefix }: Words): string {
	const pieces = piecesOf(text);
	const terms = pieces.map(({ words }) => quoted(words));
	if (prefix && !pieces.at(-1)?.unspaced) terms.push(`${terms.pop()} *`);
	return terms.length === 1 ? (terms[0] ?? "") : `(${terms.join(" AND ")})`;
}
