import { eq } from "drizzle-orm";
import type { Tx } from "../../query/atomic";
import { posts, trash, users } from "../../schema";
import { deletedPrefix } from "../../tables/table";
import type { SearchIndex } from "../search-index";
import type { SearchTerms } from "../search-terms";
import { bands, type Entries, type Entry } from "./entries";
import { type PartWriter, partWriter } from "./part-writer";
import { purge } from "./purge";
import type { Statements } from "./removal-statements";
import type { PackedRow, Source, Sources } from "./rows";
import type { Sealer } from "./seal";
import { states } from "./states";

/** Longest transaction of a stepwise deletion, in milliseconds; requests wait meanwhile. */
const transactionMs = 10;
/** Smallest number of rows per transaction, so that a small account needs only one on any machine: 5 ms. */
const minRows = 100;
/** Characters of a post, or of its packed row, that take as long to delete from the search index as one row. */
const charactersPerRow = 25;
/** Cost of removing a mention, in rows, without the search index. */
const mentionCost = 5;
/** Rows per read. */
const rowsAtOnce = 50;

/** An account or a post that is being deleted step by step. */
export type PendingDeletion = { kind: "post" | "account"; key: number };

export type Parts = {
	entries: Entries;
	sources: Sources;
	statements: Statements;
	index: SearchIndex;
	searchTerms: SearchTerms;
	hash: Sealer["hash"];
};
/** One transaction of the deletion of the post or account `key`. */
type Job = Parts & { tx: Tx; key: number; into: PartWriter; entry: Entry | null };

// The generator yields where a transaction may end, with the cost since the last yield, in rows. The next transaction starts a
// new generator on the remaining rows. The generator returns false when it cannot continue.
type DeletionSteps = Generator<number, boolean>;

function* each<Item>(read: () => Item[], remove: (row: Item) => void, cost = () => 1): DeletionSteps {
	for (let rows = read(); rows.length > 0; rows = read())
		for (const row of rows) {
			remove(row);
			yield cost();
		}
	return true;
}

/** Moves the rows of a source into a band of the entry. */
function moveRows({ key, into }: Job, { read, remove }: Source, band: number): DeletionSteps {
	return each(
		() => read(key, rowsAtOnce),
		(row) => {
			into.add(band, row[0]);
			remove(row);
		},
	);
}

function* deleteRowsOfPost(job: Job): DeletionSteps {
	for (const source of job.sources.onPost) yield* moveRows(job, source, bands.onPosts);
	return true;
}

function* deletePost(job: Job): DeletionSteps {
	yield* deleteRowsOfPost(job);
	job.tx.delete(posts).where(eq(posts.key, job.key)).run();
	return true;
}

/** Deletes a post of an account. The rows of a post that was already being deleted go into its own entry. */
function* deletePostOfAccount(job: Job): DeletionSteps {
	const { tx, key, into, sources, statements, index } = job;
	const gone = tx.select({ at: posts.goneAt, entry: posts.goneEntry }).from(posts).where(eq(posts.key, key)).get();
	if (gone?.at) return yield* deletionSteps(job, tx, { kind: "post", key }, gone.entry);
	yield* deleteRowsOfPost(job);
	const [line = ""] = sources.post.read(key, 1)[0] ?? [];
	into.add(bands.posts, line);
	into.picture(statements.pictureOf(key));
	index.removeStored(key);
	tx.delete(posts).where(eq(posts.key, key)).run();
	yield line.length / charactersPerRow;
	return true;
}

/** Deletes sessions and links. Neither goes into the trash. */
function* deleteSessionsAndLinks({ key, statements: { sessions, tokens, links } }: Job): DeletionSteps {
	yield* each(
		() => sessions.read(key, 1),
		(session) => {
			tokens.removeSome(session, rowsAtOnce);
			if (!tokens.isThere(session)) sessions.remove(session);
		},
	);
	for (const { read, remove } of links) yield* each(() => read(key, rowsAtOnce), remove);
	return true;
}

/** Removes the mentions of the account from posts of other people. */
function deleteMentions({ key, into, index, searchTerms }: Job, { read }: Source): DeletionSteps {
	let indexed = 0;
	return each(
		() => read(key, rowsAtOnce),
		([line, post = 0, user = 0]: PackedRow) => {
			into.add(bands.elsewhere, line);
			indexed = index.around(post, () => searchTerms.unmention(post, user));
		},
		() => 2 * (mentionCost + indexed / charactersPerRow),
	);
}

/** Purges the trash of an account that is deleted permanently. */
function purgeTrash({ tx, key, hash }: Job): DeletionSteps {
	const { id = "" } = tx.select({ id: users.id }).from(users).where(eq(users.key, key)).get() ?? {};
	const isTheirs = eq(trash.owner, hash("owner", id.slice(deletedPrefix.length)));
	return each(
		() => tx.select({ key: trash.key }).from(trash).where(isTheirs).limit(rowsAtOnce).all(),
		(row) => purge(tx, eq(trash.key, row.key)),
	);
}

function* deleteAccount(job: Job): DeletionSteps {
	const { tx, key, sources, statements, entry } = job;
	yield* deleteSessionsAndLinks(job);
	for (const next of [statements.nextPublicPost, statements.nextPrivatePost])
		for (let post = next(key); post !== undefined; post = next(key))
			if (!(yield* deletePostOfAccount({ ...job, key: post }))) return false;
	for (const source of sources.ofAccount)
		yield* source.table === "mentions" ? deleteMentions(job, source) : moveRows(job, source, bands.elsewhere);
	yield* each(() => statements.images.read(key, rowsAtOnce), statements.images.remove);
	if (entry === null) yield* purgeTrash(job);
	tx.delete(users).where(eq(users.key, key)).run();
	return true;
}

/** The trash entry of a deletion; null without one, `undefined` when it was encrypted with another secret key. */
function entryOf({ entries }: Parts, tx: Tx, key: number | null): Entry | null | undefined {
	if (key === null) return null;
	const columns = { key: trash.key, subject: trash.subject, head: trash.head };
	const found = tx.select(columns).from(trash).where(eq(trash.key, key)).get();
	if (!found) return null;
	return entries.openSummary(found) === null ? undefined : found;
}

function* deletionSteps(parts: Parts, tx: Tx, { kind, key }: PendingDeletion, entryKey: number | null): DeletionSteps {
	const entry = entryOf(parts, tx, entryKey);
	if (entry === undefined) return false;
	const into = partWriter(tx, parts.entries, entry);
	const job = { ...parts, tx, key, into, entry };
	try {
		const isDone = kind === "post" ? yield* deletePost(job) : yield* deleteAccount(job);
		if (isDone && entry) tx.update(trash).set({ restoring: states.stored }).where(eq(trash.key, entry.key)).run();
		return isDone;
	} finally {
		into.flush();
	}
}

/** Runs one transaction. `stuck`: the entry was encrypted with another secret key, and nothing was changed. */
export function deleteNext(parts: Parts, tx: Tx, departure: PendingDeletion): "done" | "more" | "stuck" {
	const { kind, key } = departure;
	const table = kind === "post" ? posts : users;
	const gone = tx.select({ at: table.goneAt, entry: table.goneEntry }).from(table).where(eq(table.key, key)).get();
	if (!gone?.at) return "done";
	const end = performance.now() + transactionMs;
	const work = deletionSteps(parts, tx, departure, gone.entry);
	let step = work.next();
	for (let rows = 0; !step.done && (rows < minRows || performance.now() < end); step = work.next()) rows += step.value;
	if (step.done) return step.value ? "done" : "stuck";
	work.return(false);
	return "more";
}
