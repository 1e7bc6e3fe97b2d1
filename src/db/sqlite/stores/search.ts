import { sql } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import type { Page, PageRequest } from "../../../core/page";
import type { Post, SearchSort } from "../../../social/posts/store";
import { foldName } from "../../../social/search/fold";
import { scorer } from "../../../social/search/match";
import { type Condition, isEmpty, type Query, wordsIn } from "../../../social/search/query";
import type { Readable } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { nobody } from "../query/keys";
import { parameter } from "../query/parameter";
import { rows } from "../query/prepared";
import { type PostRow, selectPosts, toPost } from "../query/select";
import { visible } from "../query/visible";
import { posts } from "../schema";
import { either, type Hidden, hiddenMatch, marked, phrases, type Read, settled } from "./search-match";
import { hiddenWalks, isBounded, type Span, type Times, timeSpans, timesOf, walks } from "./search-walks";

/**
 * How many matches are sorted by likes, or by how well they fit: the newest, and when they end, the next. To weigh a text
 * takes 10 µs and to read it as much again, a count of likes a tenth of that.
 */
const mostSorted = { popular: 1_000, relevance: 300 };
/** Of a long post, as much as this is weighed, in characters. */
const weighed = 1_000;
/** Keys that a search by date reads at once, at least: many may be of another time. */
const leastInTime = 256;

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
type Values = Record<string, string | number>;
/** Reads posts by key, as far as the viewer may see them and they are of that time, in any order. */
type ByKeys<Row> = (values: Times & { viewer: number; keys: string }) => Row[];
/** The conditions of a query: for the full-text index, and for posts that are not public. */
type Match = { text: string; hidden: Hidden | null };

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
