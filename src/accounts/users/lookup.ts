import type { Actor, Caller, TokenHash } from "../../core/caller";
import { linkGone, notFound, wrongPassword } from "../../core/errors";
import type { AuditLog } from "../audit/service";
import type { Action } from "../audit/store";
import type { LinkStore } from "../invites/store";
import type { Passwords } from "./passwords";
import type { Account, Ended, UserStore } from "./store";

type Dependencies = {
	users: UserStore;
	links: Pick<LinkStore, "byHash">;
	passwords: Passwords;
	auditLog: AuditLog;
	now: () => Date;
};

export type AccountLookup = ReturnType<typeof accountLookup>;

/** Finds accounts, and verifies the passwords of their owners. */
export function accountLookup({ users, links, passwords, auditLog, now }: Dependencies) {
	const account = async (id: string): Promise<Account> => {
		const found = await users.accountById(id);
		if (!found) throw notFound("user");
		return found;
	};

	return {
		account,

		/** `login` is a username or an e-mail address. Throws `not_found`. */
		async byLogin(login: string): Promise<Account> {
			const found = await users.accountByLogin(login.trim());
			if (!found) throw notFound("user");
			return found;
		},

		/** The account whose password a link resets. Throws `gone` for a link that is not valid. */
		async ofResetLink(link: TokenHash): Promise<Account> {
			const found = await links.byHash(link, now());
			if (found?.purpose !== "reset" || !found.userId) throw linkGone();
			return account(found.userId);
		},

		/** Throws `unauthenticated` unless it is the user's password; returns its hash, for a write to compare again. */
		async confirm(user: Caller, password: string): Promise<string> {
			const found = await users.credentialsById(user.id);
			if (!(await passwords.verify(password, found?.passwordHash ?? null)) || !found) throw wrongPassword();
			return found.passwordHash;
		},

		/** Records a new password, and that it ended personal access tokens. */
		async recordPassword(action: Action, by: Actor, id: string, { tokens }: Ended) {
			await auditLog.record(action, by, id);
			if (tokens > 0) await auditLog.record("token_deleted", by, id);
		},
	};
}
