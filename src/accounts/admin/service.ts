import type { Actor, Role } from "../../core/caller";
import { notFound } from "../../core/errors";
import type { Permitted } from "../../core/permissions";
import type { Retention } from "../../core/retention";
import type { AuditLog } from "../audit/service";
import type { AccountLookup } from "../users/lookup";
import type { Passwords } from "../users/passwords";
import type { NewAccount, Registration } from "../users/registration";
import { type Account, type Ended, stateOf, type UserChanges, type UserStore } from "../users/store";

type Dependencies = {
	accounts: AccountLookup;
	make: Registration["make"];
	users: UserStore;
	passwords: Passwords;
	auditLog: AuditLog;
	retention: Retention;
	/** Resolves when the rows are gone, and the server collects the pictures. */
	finishDeletion: () => Promise<void>;
	now: () => Date;
};

type Manager = Permitted<"accounts.manage">;
type Controller = Permitted<"accounts.control">;
/** A change of the role needs a permission of its own. */
type Change = { role?: { name: Role; by: Controller }; state?: "active" | "suspended" };
type Removal = { permanent?: boolean; same?: Account };

/**
 * The actions of administrators and of the operator, by username or e-mail address. Each throws `not_found`, and
 * `unauthenticated` or `forbidden` when the administrator was signed out or lost the role meanwhile.
 */
export function accountAdmin({
	accounts,
	make,
	users,
	passwords,
	auditLog,
	retention,
	finishDeletion,
	now,
}: Dependencies) {
	/** Throws `not_found` when the name is no longer that of the account the operator was asked about. */
	const sameAccount = async (login: string, same?: Account): Promise<Account> => {
		const found = await accounts.byLogin(login);
		if (same && found.id !== same.id) throw notFound("user");
		return found;
	};

	/** Writes by id: the username may be another's by the time of the write. */
	const write = async (id: string, changes: Omit<UserChanges, "updatedAt">, { caller }: Actor): Promise<Ended> => {
		const updated = await users.update(id, { ...changes, updatedAt: now() }, { by: caller });
		if (!updated) throw notFound("user");
		return updated;
	};

	/**
	 * Changes role and state in one write. `active` approves a pending account and ends a suspension; `suspended` ends the
	 * sessions at once, and the posts stay. Throws `conflict` when no administrator would be left.
	 */
	const update = async (login: string, { role, state }: Change, by: Manager): Promise<Account> => {
		const before = await accounts.byLogin(login);
		if (role || state) await write(before.id, { ...(state && stateChanges(state, now())), role: role?.name }, by);
		if (state) await auditLog.record(stateAction(state, before), by, before.id);
		if (role) await auditLog.record("role_changed", role.by, before.id);
		return accounts.account(before.id);
	};

	return {
		/** Works in every `REGISTRATION` mode. */
		async create(given: NewAccount, role: Role, by: Controller): Promise<string> {
			const { id } = await make(given, { role });
			await auditLog.record("registered", by, id);
			return id;
		},

		update,
		setRole: (login: string, role: Role, by: Controller & Manager) => update(login, { role: { name: role, by } }, by),
		suspend: (login: string, by: Manager) => update(login, { state: "suspended" }, by),
		restore: (login: string, by: Manager) => update(login, { state: "active" }, by),

		/**
		 * Ends all sessions, personal access tokens and reset links: others may know the lost password. Throws `invalid` for
		 * a weak one.
		 */
		async setPassword(login: string, password: string, by: Controller, same?: Account): Promise<Account> {
			const { id, username, email } = await sameAccount(login, same);
			await passwords.check(password, [username, email]);
			const updated = await write(id, { passwordHash: await passwords.hash(password) }, by);
			await accounts.recordPassword("password_changed", by, id, updated);
			return accounts.account(id);
		},

		/** Deletes the account and everything it made. */
		async remove(login: string, by: Controller, { permanent = false, same }: Removal = {}): Promise<Account> {
			const found = await sameAccount(login, same);
			const moveToTrash = permanent ? undefined : retention.moveToTrash(by.id === found.id);
			const isRemoved = await users.remove(found.id, moveToTrash, { by: by.caller });
			if (!isRemoved) throw notFound("user");
			await auditLog.record("account_deleted", by, found.id);
			await finishDeletion();
			return found;
		},
	};
}

const stateChanges = (state: "active" | "suspended", now: Date) =>
	state === "active" ? { suspendedAt: null, pendingSince: null } : { suspendedAt: now };

const stateAction = (state: "active" | "suspended", before: Account) => {
	if (state === "suspended") return "suspended";
	return stateOf(before) === "pending" ? "approved" : "restored";
};
