import { sql } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import type { Page, PageRequest } from "../../../core/page";
import type { Post, SearchSort } from "../../../social/posts/store";
import { scorer } from "../../../social/search/match";
import { isEmpty, type Query, wordsIn } from "../../../social/search/query";
import type { Readable } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { parameter } from "../query/parameter";
import { prepareRows } from "../query/prepared";
import { type PostRow, selectPosts, toPost } from "../query/select";
import { visible } from "../query/visible";
import { posts } from "../schema";
import { compiler } from "./search-compile";
import { type Span, steps, timesOf } from "./search-spans";
import { type ByKeys, blockWalks, type Walk, walker } from "./search-walks";

/**
 * Number of matches that are sorted together: the newest first, then the next ones. To read and score a text takes 20 µs, to
 * read a count of likes 2 µs.
 */
const maxSorted = { popular: 1_000, relevance: 300 };
/** Characters of a post that its score depends on. */
const scoredCharacters = 1_000;

/**
 * A search walks from block to block and starts another block only within `timeBudgetMs`. Then it returns the matches so far,
 * and the next page continues there. A block takes 30 µs without a match. It takes 1 ms when the words are common but never
 * occur together.
 */
export type TimeBudget = { timeBudgetMs: number };
const defaultBudget: TimeBudget = { timeBudgetMs: 4 };

type Search = { query: Query; sort: SearchSort; author?: string };

export function searches(db: Readable, cursors: Cursors, { timeBudgetMs }: TimeBudget = defaultBudget) {
	const blocks = blockWalks(db);
	const compile = compiler(db, blocks.isCommon);
	const walk = walker(db, blocks);
	const visiblePosts = visiblePostsByKey(db);
	const newestKey = lazily(() => db.$client.prepare<{ key: number | null }, []>("SELECT max(key) AS key FROM posts"));

	/** A page in the order of keys. */
	function inOrder(search: Walk, { position: [last], request, seal }: Listing): Page<Post> {
		const { resume, lastBefore } = steps[search.direction];
		const span = last === undefined ? search.span : resume(search.span, last);
		const { rows, rest } = walk(visiblePosts.whole, { ...search, span });
		const page = paged(rows, request, { item: toPost, position: ([key]) => [key], seal });
		return rest ? { ...page, nextCursor: seal([lastBefore(rest)]) } : page;
	}

	/** Matches with their scores, in the order of keys. */
	function scored(sort: Ranking, query: Query, search: Walk): { rows: Scored[]; rest: Span | null } {
		if (sort === "popular") return walk(visiblePosts.likes, search);
		const scoreOf = scorer(wordsIn(query));
		const { rows, rest } = walk(visiblePosts.texts, search);
		return { rows: rows.map(([key, title, content]) => [key, scoreOf(title, content)]), rest };
	}

	/**
	 * A page in the order of scores, within a span of keys. The first page determines the span and the cursor keeps it, so that
	 * new posts do not change the order. After the last page of a span, the next span begins.
	 */
	function ranked(sort: Ranking, query: Query, search: Walk, { position, request, seal }: Listing): Page<Post> {
		const [from = search.span.from, below = search.span.below, score = Number.POSITIVE_INFINITY, key = 0] = position;
		const isFirst = position.length < 4;
		const maxRows = isFirst ? maxSorted[sort] : 2 * maxSorted[sort];
		const timeBudget = isFirst ? timeBudgetMs : Number.POSITIVE_INFINITY;
		const { rows, rest } = scored(sort, query, { ...search, span: { from, below }, maxRows, timeBudgetMs: timeBudget });
		const full = rows.length === maxRows ? rows.at(-1)?.[0] : undefined;
		const oldestKey = isFirst ? (full ?? rest?.below ?? from) : from;
		const sorted = rows
			.filter(([k, s]) => s < score || (s === score && k < key))
			.sort(([k, s], [otherK, otherS]) => otherS - s || otherK - k)
			.slice(0, request.limit + 1);
		const { viewer, times } = search;
		const keys = JSON.stringify(sorted.map(([key]) => key));
		const read = new Map(visiblePosts.whole({ viewer, ...times, keys }).map((row) => [row[0], row]));
		const page = paged(sorted, request, {
			item: ([key]) => toPost(read.get(key) as PostRow),
			position: ([key, score]) => [oldestKey, below, score, key],
			seal,
		});
		const isLast = page.nextCursor === null && oldestKey > search.span.from;
		return isLast ? { ...page, nextCursor: seal([search.span.from, oldestKey]) } : page;
	}

	return {
		/** Implements `PostStore.page` for searches. */
		page({ query, sort, author }: Search, request: PageRequest, viewer: number): Page<Post> {
			const list = `search:${sort}:${JSON.stringify([author, query])}`;
			const position = cursors.open(list, request.cursor)?.map(Number) ?? [];
			const listing: Listing = { position, request, seal: (position) => cursors.seal(list, position) };
			if (isEmpty(query)) return { items: [], nextCursor: null };
			const search: Walk = {
				span: { from: 1, below: (newestKey().get()?.key ?? 0) + 1 },
				match: compile(query, author, viewer),
				viewer,
				times: timesOf(query),
				direction: sort === "oldest" ? "forwards" : "backwards",
				maxRows: request.limit + 1,
				timeBudgetMs,
			};
			return sort === "popular" || sort === "relevance"
				? ranked(sort, query, search, listing)
				: inOrder(search, listing);
		},
	};
}

type Ranking = "popular" | "relevance";
/** `position` is the content of the cursor; empty on the first page. */
type Listing = { position: number[]; request: PageRequest; seal: (position: (number | string)[]) => string };
type Scored = [key: number, score: number];

/** Reads visible posts by key: whole, or only the columns for sorting. */
function visiblePostsByKey(db: Readable) {
	const keyed = sql`${posts.key} in (select value from json_each(${parameter("keys")}))`;
	const inTime = sql`${posts.createdAt} >= ${parameter("since")} and ${posts.createdAt} < ${parameter("until")}`;
	const content = sql<string>`substr(${posts.content}, 1, ${scoredCharacters})`;
	const ofKeys = <Row extends [key: number, ...unknown[]]>(select: () => SelectsWhere) =>
		prepareRows<Row>(db, () => select().where(sql`${keyed} and ${inTime} and ${visible}`)) as ByKeys<Row>;
	return {
		whole: ofKeys<PostRow>(() => selectPosts(db).$dynamic()),
		likes: ofKeys<Scored>(() => db.select({ key: posts.key, likes: posts.likeCount }).from(posts).$dynamic()),
		texts: ofKeys<[key: number, title: string | null, content: string]>(() =>
			db.select({ key: posts.key, title: posts.title, content }).from(posts).$dynamic(),
		),
	};
}

type SelectsWhere = {
	where(condition: ReturnType<typeof sql>): { toSQL(): ReturnType<ReturnType<typeof selectPosts>["toSQL"]> };
};
