import { Value } from "@sinclair/typebox/value";
import type { Passwords } from "../auth/passwords";
import type { Caller } from "../auth/store";
import { AppError, notFound } from "../errors";
import type { MediaService } from "../media/service";
import { Identity } from "./fields";
import type { Account, Role, UserChanges, UserStore } from "./store";

export type NewAccount = {
	username: string;
	email: string;
	password: string;
	displayName?: string;
};

type Dependencies = {
	users: UserStore;
	passwords: Passwords;
	media: Pick<MediaService, "keep" | "collect">;
	now: () => Date;
};

export type ProfileChanges = { displayName?: string; bio?: string; avatar?: Blob | null };

export type UserService = ReturnType<typeof userService>;

/** The rules of accounts, for the people who have them and for the operator. */
export function userService({ users, passwords, media, now }: Dependencies) {
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

	const change = async (login: string, changes: Omit<UserChanges, "updatedAt">, endSessions = false) => {
		const { id } = await byLogin(login);
		await users.update(id, { ...changes, updatedAt: now() }, { endSessions });
		return account(id);
	};

	return {
		account,
		byLogin,

		/**
		 * Every account is made here. Throws `invalid` for a name or address that breaks its rule and for a weak password,
		 * and `conflict` for one that is taken.
		 */
		async create({ displayName, password, ...names }: NewAccount, role: Role = "user"): Promise<string> {
			checkIdentity({ ...names, display_name: displayName });
			const username = names.username.toLowerCase();
			const email = names.email.trim();
			await passwords.check(password, [username, email]);
			const id = Bun.randomUUIDv7();
			await users.create({
				id,
				username,
				email,
				passwordHash: await passwords.hash(password),
				role,
				displayName: displayName?.trim() || username,
				createdAt: now(),
			});
			return id;
		},

		/** An empty display name goes back to the username; `avatar` is a picture as it was sent, and null takes it away. */
		async update(user: Caller, { avatar, bio, ...names }: ProfileChanges): Promise<Account> {
			const displayName = names.displayName === undefined ? undefined : names.displayName.trim() || user.username;
			await media.keep(avatar, { kind: "avatar", isPublic: true }, (avatar) =>
				users.update(user.id, { displayName, bio, avatar, updatedAt: now() }),
			);
			return account(user.id);
		},

		/** The password again, so that a token that got away cannot end the account. */
		async remove(user: Caller, password: string): Promise<void> {
			const credentials = await users.credentialsById(user.id);
			if (!(await passwords.verify(password, credentials?.passwordHash ?? null)))
				throw new AppError("unauthenticated", "The password is wrong.");
			await users.remove(user.id);
			await media.collect();
		},

		/** What the operator does, by username or e-mail address. Each throws `not_found`. */
		operator: {
			setRole: (login: string, role: Role): Promise<Account> => change(login, { role }),

			/** Signs the user out everywhere: who forgot a password may have lost it to somebody. Throws `invalid` for a weak one. */
			async setPassword(login: string, password: string): Promise<Account> {
				const { username, email } = await byLogin(login);
				await passwords.check(password, [username, email]);
				return change(login, { passwordHash: await passwords.hash(password) }, true);
			},

			/** Ends the user's sessions at once and lets them start none. What they wrote stays. */
			suspend: (login: string): Promise<Account> => change(login, { suspendedAt: now() }, true),

			restore: (login: string): Promise<Account> => change(login, { suspendedAt: null }),

			/** Takes all that the user made along. */
			async remove(login: string): Promise<Account> {
				const found = await byLogin(login);
				await users.remove(found.id);
				await media.collect();
				return found;
			},
		},
	};
}

/** The routes have checked theirs already; the command line and the configuration have not. */
function checkIdentity(identity: { username: string; email: string; display_name?: string }) {
	const errors = [...Value.Errors(Identity, identity)].map(({ path, schema }) => ({
		pointer: path,
		detail: `Must be ${schema.description}.`,
	}));
	if (errors.length > 0) throw new AppError("invalid", "The account breaks a rule.", errors);
}
