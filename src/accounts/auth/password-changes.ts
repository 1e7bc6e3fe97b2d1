import type { ClientInfo, SessionCaller } from "../../core/caller";
import { notFound } from "../../core/errors";
import { hashOf } from "../../core/tokens";
import type { Passwords } from "../users/passwords";
import type { AccountService } from "../users/service";
import type { Account, UserStore } from "../users/store";

type Dependencies = { accounts: AccountService; users: UserStore; passwords: Passwords; now: () => Date };
type Change = { current: string; next: string; keepsTokens: boolean };

export type PasswordChanges = ReturnType<typeof createPasswordChanges>;

/** Changes passwords, with the old one or with a reset link. */
export const createPasswordChanges = ({ accounts, users, passwords, now }: Dependencies) => ({
	/**
	 * Ends all other sessions, all reset links and, unless they are kept, all personal access tokens. Throws
	 * `unauthenticated` for another password, and `invalid` for a weak new one.
	 */
	async change(user: SessionCaller, change: Change, { address }: ClientInfo): Promise<void> {
		const verified = await accounts.confirm(user, change.current);
		const { username, email } = await accounts.account(user.id);
		await passwords.check(change.next, [username, email], "new_password");
		const changes = { passwordHash: await passwords.hash(change.next), updatedAt: now() };
		const keep = { sessionId: user.sessionId, tokens: change.keepsTokens };
		const updated = await users.update(user.id, changes, { verified, by: user, keep });
		if (!updated) throw notFound("user");
		await accounts.recordPassword("password_changed", { id: user.id, address }, user.id, updated);
	},

	/**
	 * Sets the password that a reset link is for, and ends all sessions, personal access tokens and reset links of the
	 * account. Throws `gone` for a link that is not valid. Throws `invalid` for a weak password; the link stays
	 * valid.
	 */
	async reset(link: string, password: string, { address }: ClientInfo): Promise<Account> {
		const found = await accounts.ofResetLink(hashOf(link));
		await passwords.check(password, [found.username, found.email], "new_password");
		const changes = { passwordHash: await passwords.hash(password), updatedAt: now() };
		const { id, ...updated } = await users.reset(hashOf(link), changes);
		await accounts.recordPassword("password_reset", { id: null, address }, id, updated);
		return found;
	},
});
