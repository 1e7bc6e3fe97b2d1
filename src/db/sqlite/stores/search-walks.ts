import { sql } from "drizzle-orm";
import { lazily } from "../../../core/lazily";
import type { Query } from "../../../social/search/query";
import type { Readable } from "../query/atomic";
import { parameter } from "../query/parameter";
import { rows } from "../query/prepared";
import { posts } from "../schema";
import { blockOf, blockSize, keyOf, rowidOf, tableOf } from "./search-index";
import type { Candidate, Hidden } from "./search-match";

/** Keys of posts: from `from` on, and below `below`. */
export type Span = { from: number; below: number };
/** Milliseconds since 1970: from `since` on, and before `until`. */
export type Times = { since: number; until: number };
type Values = Record<string, string | number>;

/** Every time that a Date can have. */
const anyTime: Times = { since: -8.64e15, until: 8.64e15 };
export const timesOf = ({ from, until }: Query): Times => ({
	since: from?.getTime() ?? anyTime.since,
	until: until?.getTime() ?? anyTime.until,
});
export const isBounded = ({ since, until }: Times) => since > anyTime.since || until < anyTime.until;

/** Keys per row of `post_times`. */
const spanSize = 1_024;
/** Rows of it that are read at once. */
const spansAtOnce = 1_000;

/** Finds the spans of keys that have posts of a time. A clock that was wrong has written some of them far from the others. */
export function timeSpans(db: Readable) {
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

/**
 * Candidates among posts that are not public, which are compared with the query one by one. Most pages need few of them, so
 * the batch starts small and doubles.
 */
const candidates = { least: 32, most: 256 };

/** How many blocks keep their statements prepared. */
const mostPrepared = 64;

/** Walks of the full-text index. */
export function walks(db: Readable) {
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
export function hiddenWalks(db: Readable) {
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
