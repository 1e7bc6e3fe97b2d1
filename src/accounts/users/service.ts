import type { Caller } from "../../core/caller";
import type { Retention } from "../../core/retention";
import { asName, shownText } from "../../core/text";
import type { MediaService } from "../../media/service";
import { accountAdmin } from "../admin/service";
import type { AuditLog } from "../audit/service";
import type { LinkStore } from "../invites/store";
import { accountLookup } from "./lookup";
import type { Passwords } from "./passwords";
import { type RegistrationMode, registration } from "./registration";
import type { Account, UserStore } from "./store";

/** In the server `collectSoon` returns at once; in a command it resolves when all files are deleted. */
export type AccountMedia = Pick<MediaService, "keep"> & { collectSoon(): void | Promise<void> };

type Dependencies = {
	users: UserStore;
	links: Pick<LinkStore, "byHash">;
	passwords: Passwords;
	media: AccountMedia;
	auditLog: AuditLog;
	retention: Retention;
	registration: RegistrationMode;
	/** Continues deletions that are too large for one transaction; see `TrashStore.resume`. */
	finishDeleting: () => Promise<void>;
	now: () => Date;
};

export type ProfileChanges = { displayName?: string; bio?: string; avatar?: Blob | null };

type Removing = { address: string; permanent?: boolean };

export type AccountService = ReturnType<typeof accountService>;

/** The rules of accounts, for their owners, for administrators and for the operator. */
export function accountService({ retention, media, finishDeleting, ...dependencies }: Dependencies) {
	const accounts = accountLookup(dependencies);
	const { make, register } = registration(dependencies);
	const { users, auditLog, now } = dependencies;
	const finishDeletion = async () => {
		await finishDeleting();
		await media.collectSoon();
	};

	return {
		...accounts,
		register,
		admin: accountAdmin({ ...dependencies, accounts, make, retention, finishDeletion }),

		/** An empty display name becomes the username. `avatar` is an uploaded picture; null removes it. */
		async update(user: Caller, { avatar, bio, ...names }: ProfileChanges): Promise<Account> {
			const displayName = names.displayName === undefined ? undefined : asName(names.displayName) || user.username;
			await media.keep(avatar, { kind: "avatar", isPublic: true }, async (avatar) => {
				let replaced: string | null = null;
				const decide = (current: Account) => {
					if (avatar !== undefined) replaced = current.avatar;
					return { displayName, bio: bio === undefined ? undefined : shownText(bio), avatar, updatedAt: now() };
				};
				await users.changeProfile(user.id, decide, user);
				return replaced;
			});
			return accounts.account(user.id);
		},

		/**
		 * Requires the password, so that a leaked token cannot delete the account. With `permanent`, nothing can be restored.
		 * Throws `unauthenticated` for another password.
		 */
		async remove(user: Caller, password: string, { address, permanent = false }: Removing): Promise<void> {
			const verified = await accounts.confirm(user, password);
			await users.remove(user.id, permanent ? undefined : retention.moveToTrash(true), { by: user, verified });
			await auditLog.record("account_deleted", { id: user.id, address });
			await finishDeletion();
		},
	};
}
