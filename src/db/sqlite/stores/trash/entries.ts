import { AppError } from "../../../../core/errors";
import { lazily } from "../../../../core/lazily";
import type { MoveToTrash } from "../../../../core/retention";
import type { Kind } from "../../../../trash/store";
import type { Db, Tx } from "../../query/atomic";
import { nextKey } from "../../query/keys";
import { trashImages, trashLogins } from "../../schema";
import { enforceQuota } from "./purge";
import type { Sealer } from "./seal";
import { states } from "./states";
import { type EntrySummary, summaryReader } from "./summaries";

/** A part number is its band times `bandSize` plus a counter. A restore reads the bands in order. */
export const bands = { first: 0, posts: 1, onPosts: 2, elsewhere: 3 };
const bandSize = 2 ** 32;

/** The columns of an entry that writing parts needs. */
export type Entry = { key: number; subject: Uint8Array };

/** Associated data of an encrypted text. A text that was moved to another entry or part does not decrypt. */
export const sealContext = (subject: Uint8Array, part: "head" | number) =>
	`${Buffer.from(subject).toString("hex")} ${part}`;

export type Entries = ReturnType<typeof entries>;

/** Writes trash entries in the transaction that deletes the rows. */
export function entries(db: Db, { seal, open, hash }: Sealer) {
	const client = db.$client;
	const { summaryOf, bytesOf } = summaryReader(client);
	const isRestoringOwner = lazily(() =>
		client.prepare<unknown, [Buffer]>(
			`SELECT 1 FROM trash WHERE restoring = ${states.restoring} AND owner = ? LIMIT 1`,
		),
	);
	const insert = lazily(() =>
		client.prepare<{ key: number }, [Buffer, Buffer, Kind, boolean, number, number, number, Buffer]>(
			`INSERT INTO trash (key, subject, owner, kind, by_owner, deleted_at, bytes, restoring, head)
			VALUES (${nextKey("trash")}, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
		),
	);
	const lastPart = lazily(() =>
		client.prepare<{ number: number | null }, [number, number, number]>(
			"SELECT max(number) AS number FROM trash_parts WHERE trash_key = ? AND number >= ? AND number < ?",
		),
	);
	const insertPart = lazily(() =>
		client.prepare<null, [number, number, Buffer]>(
			"INSERT INTO trash_parts (trash_key, number, sealed) VALUES (?, ?, ?)",
		),
	);

	return {
		summaryOf,

		/** Null when the entry is damaged or was encrypted with another secret key. */
		openSummary({ subject, head }: { subject: Uint8Array; head: Uint8Array }): EntrySummary | null {
			const text = open(sealContext(subject, "head"), head);
			return text === null ? null : JSON.parse(text);
		},

		/** Throws `busy` while a restore of the same owner is in progress. */
		requireNoRestore({ ownerId }: EntrySummary) {
			if (isRestoringOwner().get(hash("owner", ownerId)))
				throw new AppError("busy", "A restore is still in progress. Try again shortly.");
		},

		/** Creates an entry without parts. */
		create(
			tx: Tx,
			kind: Kind,
			key: number,
			{ head, moveToTrash, state }: { head: EntrySummary; moveToTrash: MoveToTrash; state: number },
		): Entry {
			const subject = hash("subject", head.id);
			const owner = hash("owner", head.ownerId);
			const bytes = bytesOf(kind, key);
			const sealed = seal(sealContext(subject, "head"), JSON.stringify(head));
			const values = [moveToTrash.byOwner, moveToTrash.at.getTime(), bytes, state, sealed] as const;
			const entry = insert().get(subject, owner, kind, ...values) ?? { key: 0 };
			for (const login of new Set([head.username, head.emailKey]))
				if (login !== undefined)
					tx.insert(trashLogins)
						.values({ trashKey: entry.key, login: hash("login", login) })
						.run();
			if (bytes > 0 && kind === "post") enforceQuota(tx, owner, moveToTrash);
			return { key: entry.key, subject };
		},

		/** Appends parts to a band of an entry. */
		addParts(_: Tx, { key, subject }: Entry, band: number, parts: string[]) {
			const from = band * bandSize;
			let number = lastPart().get(key, from, from + bandSize)?.number ?? from - 1;
			for (const part of parts) {
				number++;
				insertPart().run(key, number, seal(sealContext(subject, number), part));
			}
		},

		/** Keeps the files of a picture from deletion while the entry exists. */
		keepPicture(tx: Tx, { key }: Entry, name: string) {
			tx.insert(trashImages).values({ trashKey: key, name }).onConflictDoNothing().run();
		},
	};
}
