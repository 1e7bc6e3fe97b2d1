import type { Database } from "bun:sqlite";
import { lazily, oncePer } from "../../../core/lazily";
import { foldName } from "../../../social/search/fold";
import { mentionsIn, tagsIn } from "../../../social/search/hashtags";
import { presentSql } from "../query/present";

/**
 * What every mark in the search index begins with: a character of private use, which no query has in it. After it, a letter
 * and a key: `a` author, `t` tag, `m` mentioned. `p` alone is for any public post.
 */
export const mark = "\u{e000}";

type Text = { title: string | null; content: string };
/** Keys of its tags and of whom it mentions, and the column `marks`. */
export type Marks = { tags: number[]; mentioned: number[]; marks: string };

/** Keeps tags, mentions and marks of posts, inside of a transaction of the caller. */
export const marksOn = oncePer((client: Pick<Database, "prepare">) => {
	const user = lazily(() =>
		client.prepare<{ key: number; createdAt: number }, [string]>(
			`SELECT key, created_at AS createdAt FROM users WHERE username = ? AND ${presentSql}`,
		),
	);
	const makeTag = lazily(() =>
		client.prepare<null, [string]>("INSERT INTO tags (name) VALUES (?) ON CONFLICT DO NOTHING"),
	);
	const tag = lazily(() => client.prepare<{ key: number }, [string]>("SELECT key FROM tags WHERE name = ?"));
	const spell = lazily(() =>
		client.prepare<null, [spelling: string, name: string]>(
			"UPDATE tags SET spelling = ?1 WHERE name = ?2 AND post_count = 0 AND spelling <> ?1",
		),
	);
	const links = [
		["post_tags", "tag_key", "tags"],
		["mentions", "user_key", "mentioned"],
	] as const;
	const statements = links.map(([table, column, kind]) => ({
		kind,
		has: lazily(() =>
			client.prepare<{ key: number }, [number]>(`SELECT ${column} AS key FROM ${table} WHERE post_key = ?`),
		),
		add: lazily(() =>
			client.prepare<null, [number, number]>(`INSERT INTO ${table} (post_key, ${column}) VALUES (?, ?)`),
		),
		drop: lazily(() =>
			client.prepare<null, [number, number]>(`DELETE FROM ${table} WHERE post_key = ? AND ${column} = ?`),
		),
	}));

	const addMark = lazily(() =>
		client.prepare<null, [string, number]>(
			"UPDATE posts SET marks = iif(marks = '', ' ', marks) || ? || ' ' WHERE key = ?",
		),
	);
	const dropMark = lazily(() =>
		client.prepare<null, [string, number]>(
			"UPDATE posts SET marks = replace(marks, ' ' || ? || ' ', ' ') WHERE key = ?",
		),
	);

	/** Reads the tags of a text, and spells those that have no public post as the text does. Gives their names. */
	const spellTags = (text: string): string[] =>
		tagsIn(text).map((spelling) => {
			const name = foldName(spelling);
			makeTag().run(name);
			spell().run(spelling === name ? "" : spelling, name);
			return name;
		});

	const marks = {
		/**
		 * Reads a text. A new tag is made here and has to be linked. A name without an account is no mention. `known` are the
		 * keys of the people it mentions, where those are known already.
		 */
		of(post: Text, known?: number[]): Marks {
			const text = textOf(post);
			const tags = [...new Set(spellTags(text))].map((name) => tag().get(name)?.key ?? 0);
			const mentioned = known ?? mentionsIn(text).flatMap((name) => user().get(name)?.key ?? []);
			const marks = [...tags.map((key) => `${mark}t${key}`), ...mentioned.map((key) => `${mark}m${key}`)];
			return { tags, mentioned, marks: marks.length === 0 ? "" : ` ${marks.join(" ")} ` };
		},

		/**
		 * Reads a stored text by rules that may be others than before. It mentions accounts that are linked already or were
		 * there when it was written, in milliseconds since 1970, so that an older text mentions no newer account.
		 */
		again(post: number, text: Text, writtenAt: number): Marks {
			const linked = statements.flatMap(({ kind, has }) => (kind === "mentioned" ? has().all(post) : []));
			const known = mentionsIn(textOf(text)).flatMap((name) => {
				const found = user().get(name);
				const isMeant = found && (found.createdAt <= writtenAt || linked.some(({ key }) => key === found.key));
				return isMeant ? found.key : [];
			});
			return marks.of(text, known);
		},

		/** Spells the tags of a stored post that becomes public, where no other public post has them. */
		spell: (post: Text) => void spellTags(textOf(post)),

		/** Adds a mention to a post that has no such one. */
		mention(post: number, user: number) {
			for (const { kind, add } of statements) if (kind === "mentioned") add().run(post, user);
			addMark().run(`${mark}m${user}`, post);
		},

		/** Takes a mention out of a post: its name may be another person's later. */
		unmention(post: number, user: number) {
			for (const { kind, drop } of statements) if (kind === "mentioned") drop().run(post, user);
			dropMark().run(`${mark}m${user}`, post);
		},

		/** Marks that do not mention some people. */
		without: (marked: string, mentioned: number[]): string =>
			mentioned.reduce((rest, key) => rest.replace(` ${mark}m${key} `, " "), marked),

		/** Links a post with what its text has now, and no longer with what it had. */
		link(post: number, marks: Marks) {
			for (const { kind, has, add, drop } of statements) {
				const before = has()
					.all(post)
					.map(({ key }) => key);
				for (const key of marks[kind]) if (!before.includes(key)) add().run(post, key);
				for (const key of before) if (!marks[kind].includes(key)) drop().run(post, key);
			}
		},
	};
	return marks;
});

/** The text of a post in which tags and mentions count. */
export const textOf = ({ title, content }: Text): string => (title === null ? content : `${title}\n${content}`);
