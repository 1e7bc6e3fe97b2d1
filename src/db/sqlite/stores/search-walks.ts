import { sql } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import type { Readable } from "../query/atomic";
import { parameter } from "../query/parameter";
import { prepareRows } from "../query/prepared";
import { posts } from "../schema";
import { blockOf, blockSize, keyOf, rowidOf, tableOf } from "./search-index";
import type { Candidate, Hidden, Match } from "./search-match";
import { type Direction, isBounded, type Span, steps, type Times, timeSpans } from "./search-spans";

type Values = Record<string, string | number>;

/** Smallest number of keys that a search by date reads at once, because many may be of another time. */
const minKeysByDate = 256;

/** Reads posts by key, in any order. Omits posts of other times and posts hidden from the viewer. */
export type ByKeys<Row> = (values: Times & { viewer: number; keys: string }) => Row[];

/** `maxRows`: rows to find. After `timeBudgetMs` the walk starts no other block. */
export type Walk = {
	match: Match;
	viewer: number;
	span: Span;
	times: Times;
	direction: Direction;
	maxRows: number;
	timeBudgetMs: number;
};

/** Walks a span and reads the matching posts that the viewer may see. `rest` is the part not walked within the time. */
export function walker(db: Readable, blocks: Blocks) {
	const spans = timeSpans(db);
	const hiddenWalk = hiddenWalks(db);

	/** The next matching keys in the order of the walk, and the part of the span that they cover. */
	function step(rest: Span, { text, hiddenIn, limit, direction }: Range & { text: string; hiddenIn: HiddenIn | null }) {
		const { order, upTo } = steps[direction];
		let { block, part } = blocks.next(rest, direction);
		const keys = block === null ? [] : blocks.keys(block, text, part, { limit, direction });
		if (keys.length === limit) part = upTo(part, keys.at(-1) as number);
		if (hiddenIn) {
			const { keys: others, until } = hiddenIn(part);
			if (until !== null) part = upTo(part, until);
			keys.push(...others);
		}
		const { from, below } = part;
		const found = keys
			.filter((key) => key >= from && key < below)
			.sort(order)
			.slice(0, limit);
		return { keys: found, part: found.length === limit ? upTo(part, found.at(-1) as number) : part };
	}

	return <Row extends [key: number, ...unknown[]]>(
		byKeys: ByKeys<Row>,
		{ match, viewer, span, times, direction, maxRows, timeBudgetMs }: Walk,
	): { rows: Row[]; rest: Span | null } => {
		const start = performance.now();
		const { after } = steps[direction];
		const rows: Row[] = [];
		const hiddenIn = match.hidden && hiddenWalk(match.hidden, { viewer, direction });
		const least = isBounded(times) ? minKeysByDate : 0;
		for (let rest of spans(span, times, direction))
			while (rest.from < rest.below) {
				const limit = Math.max(maxRows - rows.length, least);
				const { keys, part } = step(rest, { text: match.text, hiddenIn, limit, direction });
				const found = byKeys({ viewer, ...times, keys: JSON.stringify(keys) });
				rows.push(...inOrderOf(keys, found));
				if (rows.length >= maxRows) return { rows: rows.slice(0, maxRows), rest: null };
				rest = after(rest, part);
				if (performance.now() - start > timeBudgetMs) return { rows, rest: unlessEmpty(after(span, part)) };
			}
		return { rows, rest: null };
	};
}

/** Puts rows in the order of their keys. */
function inOrderOf<Row extends [key: number, ...unknown[]]>(keys: number[], rows: Row[]): Row[] {
	const byKey = new Map(rows.map((row) => [row[0], row]));
	return keys.map((key) => byKey.get(key)).filter((row) => row !== undefined);
}

const unlessEmpty = (span: Span): Span | null => (span.from < span.below ? span : null);

/**
 * Batch sizes for candidates among non-public posts, which are compared with the query one by one. Most pages need few, so
 * the batch starts small and doubles.
 */
const candidateBatch = { min: 32, max: 256 };

/** Blocks whose statements are kept prepared. */
const maxPrepared = 64;

/**
 * The last word of a query usually counts as a prefix. It counts as complete when this many posts of one of the two newest
 * blocks have it.
 */
const commonPosts = 256;

export type Blocks = ReturnType<typeof blockWalks>;

/** Walks of the full-text index. */
export function blockWalks(db: Readable) {
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

	// Newer posts have smaller rowids. The parameters are in subqueries, see `parameter`.
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
		if (prepared.size >= maxPrepared) prepared.clear();
		prepared.set(block, found);
		return found;
	};

	/** True when at least `commonPosts` posts of a block match. */
	const hasMany = (block: number, match: string): boolean =>
		statementsOf(block).backwards.values({ match, first: 1, last: blockSize, limit: 1, offset: commonPosts - 1 })
			.length > 0;

	return {
		isCommon: (phrase: string): boolean =>
			!phrase.includes(" ") &&
			newest()
				.all(2)
				.some(({ block }) => hasMany(block, phrase)),

		/** The next block of a walk, and the part of the span up to the end of the block. Without a block, the whole span. */
		next({ from, below }: Span, direction: Direction): { block: number | null; part: Span } {
			db.readTransaction.open();
			const found = nearest[direction]().get({ from: blockOf(from), to: blockOf(below - 1) });
			if (found === null) return { block: null, part: { from, below } };
			const { block } = found;
			const start = block * blockSize;
			const part =
				direction === "forwards"
					? { from, below: Math.min(below, start + blockSize) }
					: { from: Math.max(from, start), below };
			return { block, part };
		},

		/** Keys of the matching public posts of a block. */
		keys(block: number, match: string, { from, below }: Span, { limit, direction }: Range): number[] {
			const start = Math.max(from, block * blockSize);
			const end = Math.min(below, (block + 1) * blockSize);
			const wanted = { match, first: rowidOf(end - 1), last: rowidOf(start), limit, offset: 0 };
			const found = statementsOf(block)[direction].values(wanted);
			return (found as [number][]).map(([rowid]) => keyOf(block, rowid));
		},
	};
}

type Range = { limit: number; direction: Direction };

/** Walks non-public posts: the viewer's own, and posts of people that the viewer follows. */
function hiddenWalks(db: Readable) {
	// The authors are the outer loop, as in feed.ts: SQLite leaves an author once the page is full of newer posts.
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
	const read = prepareRows<Candidate>(db, () =>
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

	/**
	 * Returns a function that finds the matching keys of a part of the span. Calls must pass consecutive parts. `until` is the
	 * last compared key, if the end of the part was not reached.
	 */
	return ({ word, authors, matches }: Hidden, { viewer, direction }: { viewer: number; direction: Direction }) => {
		const isForwards = direction === "forwards";
		const statement = statements[direction]();
		let ahead: number[] = [];
		/** The last compared key; null before the first. */
		let reached: number | null = null;
		let isDone = false;
		let limit = candidateBatch.min;
		const load = ({ from, below }: Span) => {
			const bounds = isForwards ? { from, below: Number.MAX_SAFE_INTEGER } : { from: 1, below };
			const wanted = { viewer, word, authors: authors && JSON.stringify(authors), limit, ...bounds };
			const keys = keysOf(statement.values(wanted as Values) as [number][]);
			reached = keys.at(-1) ?? null;
			isDone = keys.length < limit;
			limit = Math.min(2 * limit, candidateBatch.max);
			ahead = matches ? keysOf(read({ keys: JSON.stringify(keys) }).filter(matches)) : keys;
		};
		return ({ from, below }: Span): { keys: number[]; until: number | null } => {
			const isBehind = () => reached !== null && (isForwards ? reached < from : reached >= below);
			if (!isDone && (reached === null || isBehind())) load({ from, below });
			const isCovered = isDone || reached === null || (isForwards ? reached >= below - 1 : reached <= from);
			return { keys: ahead.filter((key) => key >= from && key < below), until: isCovered ? null : reached };
		};
	};
}
type HiddenIn = ReturnType<ReturnType<typeof hiddenWalks>>;

const keysOf = (rows: [key: number, ...unknown[]][]) => rows.map(([key]) => key);
