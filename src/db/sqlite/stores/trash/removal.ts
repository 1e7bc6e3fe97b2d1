import { eq, sql } from "drizzle-orm";
import type { MoveToTrash } from "../../../../core/retention";
import type { WalScrubber } from "../../durability/scrub";
import { atomic, type Db, type Tx } from "../../query/atomic";
import { comments, posts, users } from "../../schema";
import { deletedPrefix } from "../../tables/table";
import type { SearchIndex } from "../search-index";
import { searchTerms } from "../search-terms";
import { bands, type Entries } from "./entries";
import { partWriter } from "./part-writer";
import { postsAtOnce, removalStatements, type Statements } from "./removal-statements";
import { sources } from "./rows";
import type { Sealer } from "./seal";
import { states } from "./states";
import { deleteNext, type Parts, type PendingDeletion } from "./stepwise";

/** Comments and likes of a post that one transaction deletes, in some 5 ms. Posts with more take several transactions. */
const maxAtOnce = 500;
/** Longest transaction that removes tags of posts, in milliseconds. */
const tagTurnMs = 10;

type Dependencies = { scrubber: WalScrubber; index: SearchIndex; entries: Entries; sealer: Sealer };

export type Removal = ReturnType<typeof removal>;

/**
 * Deletes posts, comments and accounts in transactions of the caller. With a retention it moves their rows to the trash. The
 * first transaction is short and makes a large account invisible; later ones delete its rows. The remaining rows are the
 * only state, so the deletion resumes after a crash.
 */
export function removal(db: Db, { scrubber, index, entries, sealer: { hash } }: Dependencies) {
	const client = db.$client;
	const parts: Parts = {
		entries,
		index,
		hash,
		searchTerms: searchTerms(client),
		sources: sources(client),
		statements: removalStatements(client),
	};
	return {
		scrubber,
		comment: (tx: Tx, key: number, moveToTrash: MoveToTrash | undefined) => removeComment(parts, tx, key, moveToTrash),
		/** True when the post is deleted, false when `deleteNext` must delete the remaining rows. */
		post: (tx: Tx, key: number, moveToTrash: MoveToTrash | undefined): boolean =>
			removePost(parts, tx, key, moveToTrash),
		/** Like `post`. Username and e-mail address become free at once. */
		account: (tx: Tx, key: number, moveToTrash: MoveToTrash | undefined): boolean =>
			removeAccount(parts, tx, key, moveToTrash),
		deleteNext: (tx: Tx, departure: PendingDeletion) => deleteNext(parts, tx, departure),

		/** Removes the tags of a deleted account's posts, and so updates the counts, in several transactions. */
		async removeTagsOfPosts(key: number): Promise<void> {
			for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
				const from: number = before;
				before = await atomic(db, () => removeTagsOfSome(parts.statements, key, from));
			}
		},

		/** Unfinished deletions. Posts come first, because their account may be among them. */
		pendingDeletions(): PendingDeletion[] {
			const of = (kind: PendingDeletion["kind"], table: typeof posts | typeof users) =>
				db
					.select({ key: table.key })
					.from(table)
					.where(sql`${table.goneAt} is not null`)
					.all()
					.map(({ key }) => ({ kind, key }));
			return [...of("post", posts), ...of("account", users)];
		},
	};
}

function removeComment({ entries, sources }: Parts, tx: Tx, key: number, moveToTrash: MoveToTrash | undefined) {
	const head = entries.summaryOf("comment", key);
	if (!head) return;
	entries.requireNoRestore(head);
	if (moveToTrash) {
		const entry = entries.create(tx, "comment", key, { head, moveToTrash, state: states.stored });
		for (const [line] of sources.comment.read(key, 1)) entries.addParts(tx, entry, bands.first, [line]);
	}
	tx.delete(comments).where(eq(comments.key, key)).run();
}

function removePost(parts: Parts, tx: Tx, key: number, moveToTrash: MoveToTrash | undefined): boolean {
	const { entries, sources, statements, index } = parts;
	const head = entries.summaryOf("post", key);
	if (!head) return true;
	entries.requireNoRestore(head);
	const isLarge = sources.isLarger(key, maxAtOnce);
	const state = isLarge ? states.deleting : states.stored;
	const entry = moveToTrash ? entries.create(tx, "post", key, { head, moveToTrash, state }) : null;
	const into = partWriter(tx, entries, entry);
	into.picture(statements.pictureOf(key));
	index.removeStored(key);
	if (!isLarge) {
		if (entry)
			for (const { read } of [sources.post, ...sources.onPost])
				for (const [line] of read(key, maxAtOnce)) into.add(bands.first, line);
		into.flush();
		tx.delete(posts).where(eq(posts.key, key)).run();
		return true;
	}
	for (const [line] of sources.post.read(key, 1)) into.add(bands.posts, line);
	into.flush();
	// When a post becomes private, triggers update the counts of its author and tags.
	tx.update(posts)
		.set({ visibility: "private", goneAt: moveToTrash?.at ?? new Date(), goneEntry: entry?.key ?? null })
		.where(eq(posts.key, key))
		.run();
	return deleteNext(parts, tx, { kind: "post", key }) === "done";
}

function removeAccount(parts: Parts, tx: Tx, key: number, moveToTrash: MoveToTrash | undefined): boolean {
	const { entries, sources, statements } = parts;
	const head = entries.summaryOf("account", key);
	if (!head) return true;
	entries.requireNoRestore(head);
	const entry = moveToTrash ? entries.create(tx, "account", key, { head, moveToTrash, state: states.deleting }) : null;
	const into = partWriter(tx, entries, entry);
	for (const [line] of sources.account.read(key, 1)) into.add(bands.first, line);
	into.flush();
	into.picture(statements.avatarOf(key));
	const name = `${deletedPrefix}${head.id}`;
	tx.update(users)
		.set({
			id: name,
			username: name,
			email: "",
			emailKey: name,
			passwordHash: "",
			role: "user",
			displayName: "",
			displayNameKey: "",
			bio: "",
			avatarKey: null,
			goneAt: moveToTrash?.at ?? new Date(),
			goneEntry: entry?.key ?? null,
		})
		.where(eq(users.key, key))
		.run();
	tx.run(sql`delete from access_tokens where user_key = ${key}`);
	return deleteNext(parts, tx, { kind: "account", key }) === "done";
}

/** Starts below the key `before`, with the newest post. Returns the key to continue from; null when done. */
function removeTagsOfSome({ publicPosts, removeTags }: Statements, account: number, before: number): number | null {
	const end = performance.now() + tagTurnMs;
	const found = publicPosts(account, before);
	for (const post of found) {
		removeTags(post);
		if (performance.now() > end) return post;
	}
	return found.length < postsAtOnce ? null : (found.at(-1) ?? null);
}
