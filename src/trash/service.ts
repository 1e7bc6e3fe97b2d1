import type { AuditLog } from "../accounts/audit/service";
import type { Action } from "../accounts/audit/store";
import type { Passwords } from "../accounts/users/passwords";
import type { Caller } from "../core/caller";
import { AppError, notFound } from "../core/errors";
import type { Page, PageRequest } from "../core/page";
import type { Permitted } from "../core/permissions";
import type { Retention } from "../core/retention";
import type { CommentStore } from "../social/comments/store";
import type { PostStore } from "../social/posts/store";
import type { Kind, TrashEntry, TrashedAccount, TrashFilter, TrashStore } from "./store";

/** Passwords that an attempt compares, also when there are fewer accounts. */
const comparisons = 3;
/** The first accounts of a name, and the last: an attacker who takes and deletes the name cannot hide the first. */
const compared = (found: TrashedAccount[]) =>
	found.length <= comparisons ? found : [...found.slice(0, comparisons - 1), ...found.slice(-1)];
/** Accounts of one name that a message to an administrator lists. */
const maxTold = 20;

/** An entry, and the time until which it can be restored. */
export type Trashed = TrashEntry & { expiresAt: Date };

export type TrashOptions = {
	stores: { trash: TrashStore; posts: Pick<PostStore, "byId">; comments: Pick<CommentStore, "byId"> };
	passwords: Passwords;
	/** The same as in `accountService`. */
	media: { collectSoon(): void | Promise<void> };
	auditLog: AuditLog;
	retention: Retention;
};

const restored: Record<Kind, Action> = {
	post: "post_restored",
	comment: "comment_restored",
	account: "account_restored",
};

export type TrashService = ReturnType<typeof trashService>;

/** Owners restore what they deleted themselves; administrators restore any entry. */
export function trashService({ stores, passwords, media, auditLog, retention }: TrashOptions) {
	const { trash, posts, comments } = stores;
	const list = async (ownerId: string | undefined, page: PageRequest): Promise<Page<Trashed>> => {
		const { items, nextCursor } = await trash.page({ since: retention.since(), ownerId }, page);
		return { items: items.map((entry) => ({ ...entry, expiresAt: retention.expiryOf(entry.deletedAt) })), nextCursor };
	};

	type Which = Omit<TrashFilter, "since"> & { by?: Caller };

	const restore = async (id: string, which: Which, missing = notDeleted) => {
		const entry = await trash.restore(id, { since: retention.since(), quota: retention.quota, ...which });
		if (!entry) throw missing();
		await media.collectSoon();
		return entry;
	};

	const remove = async (id: string, which: Which): Promise<TrashEntry> => {
		const entry = await trash.remove(id, { since: retention.since(), ...which });
		if (!entry) throw notDeleted();
		await media.collectSoon();
		return entry;
	};

	/** The author of a restored comment may not see its post any more. */
	const shown = async ({ id, kind }: TrashEntry, viewerId: string) => ({
		id,
		kind,
		post: kind === "post" ? await posts.byId(id, viewerId) : null,
		comment: kind === "comment" ? await comments.byId(id, viewerId) : null,
	});

	return {
		own: (user: Caller, page: PageRequest) => list(user.id, page),
		/** Throws `conflict` when the post of a comment is gone. */
		restoreOwn: async (user: Caller, id: string) => shown(await restore(id, { ownerId: user.id, by: user }), user.id),

		/** Deletes permanently. */
		async removeOwn(user: Caller, id: string): Promise<void> {
			await remove(id, { ownerId: user.id, by: user });
		},

		/**
		 * Restores an account for a person with its password. An unknown name and a wrong password get the same answer after
		 * the same time. Throws `conflict` when another account has its username or e-mail address.
		 */
		async restoreAccount(login: string, password: string, address: string): Promise<void> {
			const theirs = { since: retention.since(), byOwner: true } as const; // only the owner's own deletion
			const found = compared(await trash.accounts(login.trim(), theirs));
			const right = await withPassword(found, password, passwords);
			// With the hash: the account may have come back, got another password and been deleted again meanwhile.
			const entry = right && (await trash.restore(right.id, { ...theirs, passwordHash: right.passwordHash }));
			if (!entry) {
				await auditLog.record("sign_in_failed", { id: null, address }, null);
				throw new AppError("unauthenticated", "There is no deleted account of this name with this password.");
			}
			await auditLog.record("account_restored", { id: entry.id, address });
			await media.collectSoon();
		},

		/** For administrators and the operator. */
		admin: {
			list: (page: PageRequest) => list(undefined, page),

			async restore(id: string, by: Permitted<"trash.manage">): Promise<TrashEntry> {
				const entry = await restore(id, { by: by.caller });
				await auditLog.record(restored[entry.kind], by, entry.ownerId);
				return entry;
			},

			/**
			 * Finds it by its former username or e-mail address, or by its id. Throws `not_found`, and `conflict` when several
			 * accounts had that name.
			 */
			async restoreAccount(which: string, by: Permitted<"trash.manage">): Promise<TrashEntry> {
				const found = await trash.accounts(which.trim(), { since: retention.since() });
				if (found.length > 1) throw severalOf(found);
				const id = found[0]?.id ?? which;
				const entry = await restore(id, { kind: "account", by: by.caller }, () => notFound("deleted account"));
				await auditLog.record("account_restored", by, entry.ownerId);
				return entry;
			},

			async remove(id: string, by: Permitted<"trash.manage">): Promise<void> {
				const { ownerId } = await remove(id, { by: by.caller });
				await auditLog.record("trash_deleted", by, ownerId);
			},
		},
	};
}

/** The first account with a password. Always compares as many, so that the time tells nothing. */
async function withPassword(found: TrashedAccount[], password: string, passwords: Passwords) {
	let right: TrashedAccount | undefined;
	for (let i = 0; i < comparisons; i++) {
		const matches = await passwords.verify(password, found[i]?.passwordHash ?? null);
		if (matches) right ??= found[i];
	}
	return right;
}

const severalOf = (found: TrashedAccount[]) => {
	const told = found.slice(0, maxTold).map(({ id, deletedAt }) => `${id} (deleted ${deletedAt.toISOString()})`);
	const rest = found.length > maxTold ? " and more" : "";
	return new AppError(
		"conflict",
		`${found.length} deleted accounts had this name: ${told.join(", ")}${rest}. Give an id.`,
	);
};

const notDeleted = () => new AppError("not_found", "The trash has no entry with this id.");
