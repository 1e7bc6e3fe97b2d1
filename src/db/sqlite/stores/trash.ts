import { and, desc, eq, gt, inArray, isNotNull, lt, lte, ne, type SQL, sql } from "drizzle-orm";
import { AppError } from "../../../core/errors";
import { fold } from "../../../core/fold";
import { lazily } from "../../../core/lazily";
import type { TrashEntry, TrashFilter, TrashStore } from "../../../trash/store";
import { atomic, type Db, type NotPromise, type Tx } from "../query/atomic";
import { type Cursors, paged } from "../query/cursor";
import { userKeys } from "../query/keys";
import { visiblePosts } from "../query/select";
import { posts, trash, trashLogins, trashParts, users } from "../schema";
import { bands, type Entries, isForgotten, isResting, isReturning, placeOf, states } from "./trash/entries";
import { fromPart, type Packed, toPart } from "./trash/pack";
import type { Removal } from "./trash/removal";
import type { Sealer } from "./trash/seal";
import { unpacker, type Waiting } from "./trash/unpack";

/** Entries that one transaction deletes for ever. */
const sweptAtOnce = 20;
/** Deleted accounts of one name that are read: the first ones, and the last. */
const mostAccounts = 32;
/** Duration of one transaction of a restore; other requests wait meanwhile. */
const turnMs = 15;
/** Pause between the transactions of a stepwise deletion. */
const restMs = 5;
/** Pause before another try while the database is busy. */
const retryMs = 1_000;

type Row = Pick<typeof trash.$inferSelect, "key" | "subject" | "kind" | "byOwner" | "deletedAt" | "head" | "restoring">;
const entryColumns = {
	key: trash.key,
	subject: trash.subject,
	kind: trash.kind,
	byOwner: trash.byOwner,
	deletedAt: trash.deletedAt,
	restoring: trash.restoring,
	head: trash.head,
};

type Dependencies = { removal: Removal; entries: Entries; sealer: Sealer };

export function trashStore(db: Db, cursors: Cursors, { removal, entries, sealer }: Dependencies): TrashStore {
	const { seal, open, hash } = sealer;
	const { shred } = removal;
	const unpack = lazily(() => unpacker(db.$client));
	const keys = userKeys(db);
	const visiblePost = visiblePosts(db);

	const usernameOf = (id: string) =>
		db.select({ username: users.username }).from(users).where(eq(users.id, id)).get()?.username ?? null;

	const entryOf = (row: Row): TrashEntry | null => {
		const head = entries.openHead(row);
		if (!head) return null;
		const { id, ownerId, excerpt, isPublic, username } = head;
		const { kind, byOwner, deletedAt } = row;
		const owner = username ?? usernameOf(ownerId);
		return { id, kind, ownerId, owner, excerpt, isPublic, byOwner, deletedAt };
	};

	const isThere = ({ since, ownerId, byOwner, kind }: TrashFilter): SQL | undefined =>
		and(
			gt(trash.deletedAt, since),
			ne(trash.restoring, states.forgotten),
			byOwner && eq(trash.byOwner, true),
			kind && eq(trash.kind, kind),
			ownerId === undefined
				? undefined
				: and(eq(trash.owner, hash("owner", ownerId)), eq(trash.byOwner, true), sql`${trash.kind} <> 'account'`),
		);

	/** Throws `busy` while its deletion or its restore is in progress. */
	const find = (tx: Tx, id: string, filter: TrashFilter) => {
		const row = tx
			.select(entryColumns)
			.from(trash)
			.where(and(eq(trash.subject, hash("subject", id)), isThere(filter)))
			.get();
		const entry = row && entryOf(row);
		if (!entry) return null;
		if (filter.passwordHash !== undefined && entries.openHead(row)?.passwordHash !== filter.passwordHash) return null;
		if (row.restoring === states.leaving) throw busy("This is still being deleted. Try again shortly.");
		if (row.restoring === states.returning) throw busy("This is already coming back. Try again shortly.");
		return { row, entry };
	};

	/**
	 * The rules of creation hold for a restore: the author of a comment must see the post. Throws the same `conflict` whether
	 * the post is hidden or deleted.
	 */
	const checkPlace = (row: Row) => {
		const head = entries.openHead(row);
		if (!head || row.kind === "account") return;
		const owner = keys.ofViewer(head.ownerId);
		if (usernameOf(head.ownerId) === null) throw new AppError("conflict", "The account of its author is deleted.");
		if (head.postId !== undefined && visiblePost(head.postId, owner) === null)
			throw new AppError("conflict", "The post that it stood under is not there any more.");
	};

	/**
	 * What belongs to somebody or something that is in the trash, too, comes back with that, and so in whatever order they
	 * come back. What belongs to who is gone is gone.
	 */
	const putOff = (tx: Tx, from: number, waiting: Waiting[]) => {
		for (const together of Map.groupBy(waiting, ({ ids }) => ids.join()).values()) {
			const subjects = together[0]?.ids.map((id) => hash("subject", id)) ?? [];
			const entry = tx
				.select({ key: trash.key, subject: trash.subject })
				.from(trash)
				.where(and(inArray(trash.subject, subjects), ne(trash.key, from), ne(trash.restoring, states.forgotten)))
				.limit(1)
				.get();
			if (entry) entries.addParts(tx, entry, bands.elsewhere, [toPart(together.map(({ row }) => row))]);
		}
	};

	/**
	 * Restores the next rows. `quota` limits the pictures of the owner, in bytes. True when the entry is done, or when another
	 * secret sealed it: then it stays as it is.
	 */
	const step = (tx: Tx, { key, subject }: Pick<Row, "key" | "subject">, quota = Number.POSITIVE_INFINITY): boolean => {
		const entry = tx.select(entryColumns).from(trash).where(eq(trash.key, key)).get();
		if (!entry || Buffer.compare(entry.subject, subject) !== 0 || entry.restoring === states.leaving) return true;
		if (entries.openHead(entry) === null) return true;
		const end = performance.now() + turnMs;
		const ofEntry = eq(trashParts.trashKey, key);
		for (;;) {
			const part = tx
				.select({ number: trashParts.number, sealed: trashParts.sealed })
				.from(trashParts)
				.where(ofEntry)
				.orderBy(trashParts.number)
				.limit(1)
				.get();
			if (!part) break;
			const isIt = and(ofEntry, eq(trashParts.number, part.number));
			const text = open(placeOf(subject, part.number), part.sealed);
			const rows = text === null ? [] : fromPart(text); // a damaged part is lost, the others are not
			let done = 0;
			while (done < rows.length && (done === 0 || performance.now() < end))
				putOff(tx, key, unpack()([rows[done++] as Packed], quota));
			if (done < rows.length) {
				const rest = seal(placeOf(subject, part.number), toPart(rows.slice(done)));
				tx.update(trashParts).set({ sealed: rest }).where(isIt).run();
			} else tx.delete(trashParts).where(isIt).run();
			if (
				performance.now() >= end &&
				tx.select({ number: trashParts.number }).from(trashParts).where(ofEntry).limit(1).get()
			) {
				tx.update(trash).set({ restoring: states.returning }).where(eq(trash.key, key)).run();
				return false;
			}
		}
		tx.delete(trash).where(eq(trash.key, key)).run();
		return true;
	};

	const finish = async (row: Pick<Row, "key" | "subject">) => {
		do
			await new Promise(setImmediate); // others have a turn
		while (!isEnding && !(await atomic(db, (tx) => step(tx, row))));
	};

	/** Deletes forgotten entries, in short transactions. */
	async function forgetAll() {
		for (let key = nextForgotten(); key !== undefined && !isEnding; key = nextForgotten()) {
			const entry = key;
			const isDone = await inTurn((tx) => entries.forgetSome(tx, entry, performance.now() + turnMs));
			if (!isDone) await Bun.sleep(restMs);
		}
	}
	/** One transaction of background work. It retries while the database is busy or in maintenance. */
	async function inTurn<T>(work: (tx: Tx) => NotPromise<T>): Promise<T | undefined> {
		while (!isEnding) {
			try {
				return await atomic(db, work);
			} catch (error) {
				if (!(error instanceof AppError) || error.code !== "busy") throw error;
				await Bun.sleep(retryMs);
			}
		}
	}
	const nextForgotten = () => db.select({ key: trash.key }).from(trash).where(isForgotten).limit(1).get()?.key;

	let running: Promise<void> | null = null;
	let isWanted = false;
	let isEnding = false;

	/** Finishes all restores and deletions that are in progress. */
	async function goOn() {
		const interrupted = db.select({ key: trash.key, subject: trash.subject }).from(trash).where(isReturning).all();
		for (const row of interrupted) await finish(row);
		await forgetAll();
		const stuck = new Set<string>();
		const untagged = new Set<number>();
		let hasDeleted = false;
		while (!isEnding) {
			const next = removal.departures().find(({ kind, key }) => !stuck.has(`${kind} ${key}`));
			if (!next) break;
			hasDeleted = true;
			if (next.kind === "account" && !untagged.has(next.key)) {
				await removal.untagAll(next.key);
				untagged.add(next.key);
			}
			for (let state: string | undefined = "more"; state === "more"; ) {
				await Bun.sleep(restMs);
				state = await inTurn((tx) => removal.turn(tx, next));
				if (state === "stuck") stuck.add(`${next.kind} ${next.key}`);
			}
		}
		if (!hasDeleted || isEnding) return;
		await forgetAll(); // the trash of accounts that were deleted permanently
		await shred.now();
	}

	const store: TrashStore = {
		async page(filter, page) {
			const list = `trash:${filter.ownerId ?? ""}`;
			const [last] = cursors.open(list, page.cursor) ?? [Number.MAX_SAFE_INTEGER];
			const found = db
				.select(entryColumns)
				.from(trash)
				.where(and(lt(trash.key, Number(last)), isThere(filter), isResting))
				.orderBy(desc(trash.key))
				.limit(page.limit + 1)
				.all();
			const { items, nextCursor } = paged(found, page, {
				item: entryOf,
				position: ({ key }) => [key],
				seal: (position) => cursors.seal(list, position),
			});
			return { items: items.filter((entry) => entry !== null), nextCursor };
		},

		async accounts(login, filter) {
			const ofLogin = db
				.select({ subject: trash.subject, head: trash.head, deletedAt: trash.deletedAt })
				.from(trashLogins)
				.innerJoin(trash, eq(trash.key, trashLogins.trashKey))
				.where(and(eq(trashLogins.login, hash("login", fold(login))), isThere(filter)))
				.$dynamic();
			const found = ofLogin.orderBy(trashLogins.trashKey).limit(mostAccounts).all();
			if (found.length === mostAccounts) found.push(...ofLogin.orderBy(desc(trashLogins.trashKey)).limit(1).all());
			return found.flatMap(({ deletedAt, ...row }) => {
				const { id, passwordHash } = entries.openHead(row) ?? {};
				return id !== undefined && passwordHash !== undefined ? [{ id, passwordHash, deletedAt }] : [];
			});
		},

		async restore(id, { quota, by, ...filter }) {
			const found = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = find(tx, id, filter);
				if (!found) return null;
				checkPlace(found.row);
				return { ...found, isDone: step(tx, found.row, found.entry.kind === "post" ? quota : undefined) };
			});
			if (!found) return null;
			if (!found.isDone) await finish(found.row);
			shred.soon();
			return found.entry;
		},

		resume() {
			isWanted = true;
			running ??= (async () => {
				try {
					for (; isWanted && !isEnding; await goOn()) isWanted = false;
				} finally {
					running = null;
				}
			})();
			return running;
		},

		async end() {
			isEnding = true;
			await running?.catch(() => {}); // who waits for it is told
		},

		async forget() {
			await atomic(db, (tx) => {
				for (const table of [posts, users])
					tx.update(table).set({ goneEntry: null }).where(isNotNull(table.goneEntry)).run();
			});
			await store.resume();
		},

		async remove(id, { by, ...filter }) {
			const removed = await atomic(db, (tx) => {
				if (by) keys.ofCaller(by);
				const found = find(tx, id, filter);
				if (!found) return null;
				const { entry, row } = found;
				if (entry.kind === "account") entries.forgetWithOthers(tx, row.key);
				else entries.forget(tx, eq(trash.key, row.key));
				return entry;
			});
			if (removed) {
				await forgetAll();
				await shred.now();
			}
			return removed;
		},

		async sweep(before) {
			const old = db
				.select({ key: trash.key })
				.from(trash)
				.where(and(lte(trash.deletedAt, before), inArray(trash.restoring, [states.resting, states.leaving])))
				.limit(sweptAtOnce);
			for (let all = 0; ; ) {
				const swept = await atomic(db, (tx) => {
					const keys = old.all().map(({ key }) => key);
					for (const key of keys) {
						// The rest of an unfinished deletion has no entry any more.
						for (const table of [posts, users])
							tx.update(table).set({ goneEntry: null }).where(eq(table.goneEntry, key)).run();
						entries.forget(tx, eq(trash.key, key));
					}
					return keys.length;
				});
				all += swept;
				await forgetAll();
				if (swept > 0) shred.soon();
				if (swept < sweptAtOnce) return all;
			}
		},
	};
	return store;
}

const busy = (detail: string) => new AppError("busy", detail);
