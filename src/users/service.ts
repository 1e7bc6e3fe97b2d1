import { Value } from "@sinclair/typebox/value";
import type { Trail } from "../audit/service";
import type { Action, Actor } from "../audit/store";
import type { Passwords } from "../auth/passwords";
import type { Caller, TokenHash } from "../auth/store";
import { isReserved } from "../auth/usernames";
import { AppError, invalid, linkGone, notFound } from "../errors";
import type { LinkStore } from "../links/store";
import type { MediaService } from "../media/service";
import type { Undo } from "../trash/service";
import { Identity } from "./fields";
import { type Account, type Role, stateOf, type UserChanges, type UserStore } from "./store";

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
	now: () => Date;
};

export type ProfileChanges = { displayName?: string; bio?: string; avatar?: Blob | null };

export type UserService = ReturnType<typeof userService>;

/** The rules of accounts, for the people who have them, for administrators and for the operator. */
export function userService({ users, links, passwords, media, record, undo, registration, now }: Dependencies) {
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
			displayName: displayName?.trim() || username,
			createdAt: now(),
			pendingSince: isPending ? now() : null,
		};
		await users.create(user, link);
		return user.id;
	};

	type Change = Omit<UserChanges, "updatedAt">;

	const change = async (login: string, changes: Change, { action, by, endSessions = false }: Changing) => {
		const { id } = await byLogin(login);
		await users.update(id, { ...changes, updatedAt: now() }, endSessions ? { endSessions: "all" } : {});
		await record(action, by, id);
		return account(id);
	};

	return {
		account,
		byLogin,

		/**
		 * Throws `invalid` for a name or address that breaks its rule and for a weak password, `conflict` for one that is
		 * taken, `forbidden` where not everybody may register, and `gone` for a link that does not hold.
		 */
		async register(given: NewAccount, link: TokenHash | undefined, address: string): Promise<string> {
			if (isReserved(given.username.toLowerCase()))
				throw invalid("/username", "This name is reserved; choose another.");
			const { isPending } = await admit(link);
			const id = await make(given, { link, isPending });
			await record("registered", { id, address });
			return id;
		},

		/** Whose password a link sets. Throws `gone` for one that does not hold. */
		async ofResetLink(link: TokenHash): Promise<Account> {
			const found = await links.byHash(link, now());
			if (found?.purpose !== "reset" || !found.userId) throw linkGone();
			return account(found.userId);
		},

		/** An empty display name goes back to the username; `avatar` is a picture as it was sent, and null takes it away. */
		async update(user: Caller, { avatar, bio, ...names }: ProfileChanges): Promise<Account> {
			const displayName = names.displayName === undefined ? undefined : names.displayName.trim() || user.username;
			await media.keep(avatar, { kind: "avatar", isPublic: true }, async (avatar) => {
				let replaced: string | null = null;
				await users.changeProfile(user.id, (current) => {
					if (avatar !== undefined) replaced = current.avatar;
					return { displayName, bio, avatar, updatedAt: now() };
				});
				return replaced;
			});
			return account(user.id);
		},

		/**
		 * The password again, so that a token that got away cannot end the account; `forEver` leaves nothing to bring back.
		 * Throws `unauthenticated` for another password.
		 */
		async remove(user: Caller, password: string, { address, forEver = false }: Removing): Promise<void> {
			const credentials = await users.credentialsById(user.id);
			if (!(await passwords.verify(password, credentials?.passwordHash ?? null)))
				throw new AppError("unauthenticated", "The password is wrong.");
			await users.remove(user.id, forEver ? undefined : undo.bin(true));
			await record("account_deleted", { id: user.id, address });
			await media.collectSoon();
		},

		/** What administrators and the operator do, by username or e-mail address. Each throws `not_found`. */
		managing: {
			/** Without regard to who may register. */
			create: (given: NewAccount, role: Role, by: Actor): Promise<string> =>
				make(given, { role }).then(async (id) => {
					await record("registered", by, id);
					return id;
				}),

			setRole: (login: string, role: Role, by: Actor): Promise<Account> =>
				change(login, { role }, { action: "role_changed", by }),

			/** Signs the user out everywhere: who forgot a password may have lost it to somebody. Throws `invalid` for a weak one. */
			async setPassword(login: string, password: string, by: Actor): Promise<Account> {
				const { username, email } = await byLogin(login);
				await passwords.check(password, [username, email]);
				const passwordHash = await passwords.hash(password);
				return change(login, { passwordHash }, { action: "password_changed", by, endSessions: true });
			},

			/** Ends the user's sessions at once and lets them start none. What they wrote stays. */
			suspend: (login: string, by: Actor): Promise<Account> =>
				change(login, { suspendedAt: now() }, { action: "suspended", by, endSessions: true }),

			/** Lets somebody in who was suspended, or who waited for it. */
			async restore(login: string, by: Actor): Promise<Account> {
				const action = stateOf(await byLogin(login)) === "pending" ? "approved" : "restored";
				return change(login, { suspendedAt: null, pendingSince: null }, { action, by });
			},

			/** Takes all that the user made along. */
			async remove(login: string, by: Actor, { forEver = false } = {}): Promise<Account> {
				const found = await byLogin(login);
				await users.remove(found.id, forEver ? undefined : undo.bin(by.id === found.id));
				await record("account_deleted", by, found.id);
				await media.collectSoon();
				return found;
			},
		},
	};
}

type Removing = { address: string; forEver?: boolean };
type Changing = { action: Action; by: Actor; endSessions?: boolean };

/** The routes have checked theirs already; the command line and the configuration have not. */
function checkIdentity(identity: { username: string; email: string; display_name?: string }) {
	const errors = [...Value.Errors(Identity, identity)].map(({ path, schema }) => ({
		pointer: path,
		detail: `Must be ${schema.description}.`,
	}));
	if (errors.length > 0) throw new AppError("invalid", "The account breaks a rule.", { errors });
}
