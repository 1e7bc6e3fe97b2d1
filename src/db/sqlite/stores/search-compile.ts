import { lazily } from "../../../core/lazily";
import { foldName } from "../../../social/search/fold";
import type { Condition, Query } from "../../../social/search/query";
import type { Readable } from "../query/atomic";
import { noUserKey } from "../query/keys";
import {
	type CompiledCondition,
	type Conditions,
	either,
	hiddenMatch,
	type Match,
	phraseQuery,
	resolvePrefix,
	termQuery,
} from "./search-match";

/** Compiles queries for the full-text index and for posts that are not public. */
export function compiler(db: Readable, isCommon: (phrase: string) => boolean) {
	/**
	 * An unknown name gets a key that no row has, so that the search takes equally long. Otherwise its duration would reveal
	 * whether hidden posts have a tag.
	 */
	const keyBy = (table: "users" | "tags", column: "username" | "name") => {
		const byName = lazily(() =>
			db.$client.prepare<{ key: number }, { name: string }>(
				`SELECT key FROM ${table} WHERE ${column} = (SELECT $name)`,
			),
		);
		return (name: string): number => byName().get({ name })?.key ?? noUserKey;
	};
	const userKey = keyBy("users", "username");
	const tagKey = keyBy("tags", "name");

	const read = (condition: Condition): CompiledCondition => {
		if (condition.kind === "words") return resolvePrefix(condition, isCommon);
		return condition.kind === "mention" ? `m${userKey(condition.name)}` : `t${tagKey(foldName(condition.name))}`;
	};

	return (query: Query, author: string | undefined, viewer: number): Match => {
		const [all, none, notBy] = [query.all.map(read), query.none.map(read), query.notBy.map(userKey)];
		const names = [query.by, author === undefined ? [] : [author]].filter((names) => names.length > 0);
		const by = names.map((names) => names.map(userKey));
		return {
			text: fullText({ all, none, by, notBy }),
			hidden: viewer === noUserKey ? null : hiddenMatch({ all, none, by, notBy }),
		};
	};
}

/** The conditions in FTS5 query syntax. */
function fullText({ all, none, by, notBy }: Conditions): string {
	const term = (read: CompiledCondition) => (typeof read === "string" ? termQuery(read) : phraseQuery(read));
	const authors = (keys: number[]) => keys.map((key) => termQuery(`a${key}`));
	const positive = [...all.map(term), ...by.map((keys) => either(authors(keys)))];
	const negative = [...none.map(term), ...authors(notBy)];
	const text = `(${positive.length > 0 ? positive.join(" AND ") : termQuery("p")})`;
	return negative.length > 0 ? `${text} NOT ${either(negative)}` : text;
}
