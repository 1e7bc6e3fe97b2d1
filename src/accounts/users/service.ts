import { Value } from "@sinclair/typebox/value";
import type { Caller, Role, TokenHash } from "../../core/caller";
import { AppError, invalid, linkGone, notFound, wrongPassword } from "../../core/errors";
import type { Undo } from "../../core/retention";
import { asName, shownText } from "../../core/text";
import type { MediaService } from "../../media/service";
import type { Trail } from "../audit/service";
import type { Action, Actor } from "../audit/store";
import type { LinkStore } from "../invites/store";
import { Identity } from "./fields";
import type { Passwords } from "./passwords";
import { isReserved } from "./reserved-names";
import { type Account, type Credentials, type Ended, stateOf, type UserChanges, type UserStore } from "./store";

export type NewAccount = {
	username: string;
	email: string;
	password: string;
	displayName?: string;
};

/** Who may make an account: everybody, who is invited, who is approved afterwards, or nobody. */
export type Registration = "open" | "invite" | "approval" | "closed";

type Dependencies = {
	users: UserStore;
	links: Pick<LinkStore, "byHash">;
	passwords: Passwords;
	/** `collectSoon` of the server returns at once; that of a command resolves when all is collected. */
	media: Pick<MediaService, "keep"> & { collectSoon(): void | Promise<void> };
	record: Trail;
	undo: Undo;
	registration: Registration;
	/** Goes on with deleting what is too large for one write; see `TrashStore.resume`. */
	finishDeleting: () => Promise<void>;
	now: () => Date;
};

export type ProfileChanges = { displayName?: string; bio?: string; avatar?: Blob | null };

export type UserService = ReturnType<typeof userService>;

/** The rules of accounts, for the people who have them, for administrators and for the operator. */
export function userService({
	users,
	links,
	passwords,
	media,
	record,
	undo,
	registration,
	finishDeleting,
	now,
}: Dependencies) {
	const account = async (id: string): Promise<Account> => {
		const found = await users.accountById(id);
		if (!found) throw notFound("user");
		return found;
	};

	/** `login` is a username or an e-mail address. Throws `not_found`. */
	const byLogin = async (login: string): Promise<Account> => {
		const found = await users.accountByLogin(login.trim());
		if (!found) throw notFound("user");
		return found;
	};

	/**
	 * The one rule of who gets in, with which every account is made that the operator does not make. Says whether it has to
	 * wait for approval. Throws `forbidden`, and `gone` for a link that does not hold.
	 */
	const admit = async (link: TokenHash | undefined): Promise<{ isPending: boolean }> => {
		const purpose = link && (await links.byHash(link, now()))?.purpose;
		if (link && purpose !== "invite" && purpose !== "admin") throw linkGone();
		if (purpose === "admin") return { isPending: false };
		if (registration === "closed") throw new AppError("forbidden", "Nobody can register here.");
		if (registration === "invite" && !purpose)
			throw new AppError("forbidden", "One needs an invitation to register here.");
		return { isPending: registration === "approval" && !purpose };
	};

	type Making = { role?: Role; link?: TokenHash; isPending?: boolean };

	const make = async ({ displayName, password, ...names }: NewAccount, { role = "user", link, isPending }: Making) => {
		checkIdentity({ ...names, display_name: displayName });
		const username = names.username.toLowerCase();
		const email = names.email.trim();
		await passwords.check(password, [username, email]);
		const user = {
			id: Bun.randomUUIDv7(),
			username,
			email,
			passwordHash: await passwords.hash(password),
			role,
			displayName: asName(displayName ?? "") || username,
			createdAt: now(),
			pendingSince: isPending ? now() : null,
		};
		await users.create(user, link);
		return user;
	};

	/** Throws `unauthenticated` unless it is the user's password; gives its hash, for a write to compare again. */
	const confirm = async (user: Caller, password: string): Promise<string> => {
		const found = await users.credentialsById(user.id);
		if (!(await passwords.verify(password, found?.passwordHash ?? null)) || !found) throw wrongPassword();
		return found.passwordHash;
	};

	/** Records another password, and that personal access tokens ended with it. */
	const recordPassword = async (action: Action, by: Actor, id: string, { tokens }: Ended) => {
		await record(action, by, id);
		if (tokens > 0) await record("token_deleted", by, id);
	};

	/** Throws `not_found` when the name is no longer that of the account the operator was asked about. */
	const sameAccount = async (login: string, same?: Account): Promise<Account> => {
		const found = await byLogin(login);
		if (same && found.id !== same.id) throw notFound("user");
		return found;
	};

	/** Writes by id: the username may be another's by the time of the write. */
	const write = async (id: string, changes: Omit<UserChanges, "updatedAt">, { caller }: Actor): Promise<Ended> => {
		const updated = await users.update(id, { ...changes, updatedAt: now() }, { by: caller });
		if (!updated) throw notFound("user");
		return updated;
	};

	/** Changes role and state in one write. `active` approves a pending account and ends a suspension. */
	const manage = async (login: string, { role, state }: Managed, by: Actor): Promise<Account> => {
		const before = await byLogin(login);
		const states = {
			active: { suspendedAt: null, pendingSince: null },
			suspended: { suspendedAt: now() },
		};
		const stateAction = {
			active: stateOf(before) === "pending" ? "approved" : "restored",
			suspended: "suspended",
		} as const;
		if (role || state) await write(before.id, { ...(state && states[state]), role }, by);
		if (state) await record(stateAction[state], by, before.id);
		if (role) await record("role_changed", by, before.id);
		return account(before.id);
	};

	return {
		account,
		byLogin,
		confirm,
		recordPassword,

		/**
		 * Throws `invalid` for a name or address that breaks its rule and for a weak password, `conflict` for one that is
		 * taken, `forbidden` where not everybody may register, and `gone` for a link that does not hold.
		 */
		async register(given: NewAccount, link: TokenHash | undefined, address: string): Promise<Credentials> {
			if (isReserved(given.username.toLowerCase()))
				throw invalid("/username", "This name is reserved; choose another.");
			const { isPending } = await admit(link);
			const made = await make(given, { link, isPending });
			await record("registered", { id: made.id, address });
			return made;
		},

		/** Whose password a link sets. Throws `gone` for one that does not hold. */
		async ofResetLink(link: TokenHash): Promise<Account> {
			const found = await links.byHash(link, now());
			if (found?.purpose !== "reset" || !found.userId) throw linkGone();
			return account(found.userId);
		},

		/** An empty display name goes back to the username; `avatar` is a picture as it was sent, and null takes it away. */
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
			return account(user.id);
		},

		/**
		 * The password again, so that a token that got away cannot end the account; `forEver` leaves nothing to bring back.
		 * Throws `unauthenticated` for another password.
		 */
		async remove(user: Caller, password: string, { address, forEver = false }: Removing): Promise<void> {
			const verified = await confirm(user, password);
			await users.remove(user.id, forEver ? undefined : undo.bin(true), { by: user, verified });
			await record("account_deleted", { id: user.id, address });
			await finishDeleting();
			await media.collectSoon();
		},

		/**
		 * What administrators and the operator do, by username or e-mail address. Each throws `not_found`, and `unauthenticated`
		 * or `forbidden` when the administrator was signed out or lost the role meanwhile.
		 */
		managing: {
			/** Ignores who may register. */
			async create(given: NewAccount, role: Role, by: Actor): Promise<string> {
				const { id } = await make(given, { role });
				await record("registered", by, id);
				return id;
			},

			/** A suspension ends the sessions at once; posts stay. Throws `conflict` when no administrator would be left. */
			update: manage,
			setRole: (login: string, role: Role, by: Actor) => manage(login, { role }, by),
			suspend: (login: string, by: Actor) => manage(login, { state: "suspended" }, by),
			restore: (login: string, by: Actor) => manage(login, { state: "active" }, by),

			/**
			 * Ends all sessions, personal access tokens and reset links: others may have the lost password. Throws `invalid` for
			 * a weak one.
			 */
			async setPassword(login: string, password: string, by: Actor, same?: Account): Promise<Account> {
				const { id, username, email } = await sameAccount(login, same);
				await passwords.check(password, [username, email]);
				const updated = await write(id, { passwordHash: await passwords.hash(password) }, by);
				await recordPassword("password_changed", by, id, updated);
				return account(id);
			},

			/** Deletes the account with all that it made. */
			async remove(login: string, by: Actor, { forEver = false, same }: ManagedRemoval = {}): Promise<Account> {
				const found = await sameAccount(login, same);
				const isRemoved = await users.remove(found.id, forEver ? undefined : undo.bin(by.id === found.id), {
					by: by.caller,
				});
				if (!isRemoved) throw notFound("user");
				await record("account_deleted", by, found.id);
				await finishDeleting();
				await media.collectSoon();
				return found;
			},
		},
	};
}

type Managed = { role?: Role; state?: "active" | "suspended" };
type ManagedRemoval = { forEver?: boolean; same?: Account };
type Removing = { address: string; forEver?: boolean };

/** The routes have checked theirs already; the command line and the configuration have not. */
function checkIdentity(identity: { username: string; email: string; display_name?: string }) {
	const errors = [...Value.Errors(Identity, identity)].map(({ path, schema }) => ({
		pointer: path,
		detail: `Must be ${schema.description}.`,
	}));
	if (errors.length > 0) throw new AppError("invalid", "The account breaks a rule.", { errors });
}
