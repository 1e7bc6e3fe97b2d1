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

/** Passwords that are compared for one attempt, whether or not there are as many accounts. */
const comparisons = 3;
/**
 * Of the accounts of one name, those whose passwords are: the last, and who was first, whom nobody hides that takes the name
 * and deletes that in turn.
 */
const compared = (found: TrashedAccount[]) =>
	found.length <= comparisons ? found : [...found.slice(0, comparisons - 1), ...found.slice(-1)];
/** How many of one name an administrator is told of. */
const mostTold = 20;

/** An entry, and until when it can be brought back. */
export type Trashed = TrashEntry & { expiresAt: Date };

export type TrashOptions = {
	stores: { trash: TrashStore; posts: Pick<PostStore, "byId">; comments: Pick<CommentStore, "byId"> };
	passwords: Passwords;
	/** As for `accountService`. */
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

/** The rules of what was deleted: its owner brings back what they deleted themselves, administrators whatever there is. */
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

	/** A comment may stand where its author sees it no more. */
	const shown = async ({ id, kind }: TrashEntry, viewerId: string) => ({
		id,
		kind,
		post: kind === "post" ? await posts.byId(id, viewerId) : null,
		comment: kind === "comment" ? await comments.byId(id, viewerId) : null,
	});

	return {
		own: (user: Caller, page: PageRequest) => list(user.id, page),

		/** Throws `conflict` when what it stood under is gone. */
		restoreOwn: async (user: Caller, id: string) => shown(await restore(id, { ownerId: user.id, by: user }), user.id),

		/** Now and for ever. */
		async removeOwn(user: Caller, id: string): Promise<void> {
			await remove(id, { ownerId: user.id, by: user });
		},

		/**
		 * Brings an account back for who has its password. Who never was and who has another password look the same, and
		 * take as long. Throws `conflict` when somebody else has its username or e-mail address by now.
		 */
		async restoreAccount(login: string, password: string, address: string): Promise<void> {
			const theirs = { since: retention.since(), byOwner: true } as const; // what somebody else deleted is not theirs to bring back
			const found = compared(await trash.accounts(login.trim(), theirs));
			let right: TrashedAccount | undefined;
			for (let i = 0; i < comparisons; i++) {
				const matches = await passwords.verify(password, found[i]?.passwordHash ?? null);
				if (matches) right ??= found[i];
			}
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
			 * By the username or the e-mail address that it had, or by its id. Throws `not_found`, and `conflict` where several
			 * had that name.
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

const severalOf = (found: TrashedAccount[]) => {
	const told = found.slice(0, mostTold).map(({ id, deletedAt }) => `${id} (deleted ${deletedAt.toISOString()})`);
	const rest = found.length > mostTold ? " and more" : "";
	return new AppError(
		"conflict",
		`${found.length} deleted accounts had this name: ${told.join(", ")}${rest}. Give an id.`,
	);
};

const notDeleted = () => new AppError("not_found", "Nothing of this id was deleted that can be brought back.");
