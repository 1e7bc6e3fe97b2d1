import type { Caller, Origin, SessionCaller } from "../../core/caller";
import { hmac } from "../../core/crypto";
import { AppError, invalid, notFound, wrongLogin } from "../../core/errors";
import { hashOf, personalPrefix, randomToken } from "../../core/tokens";
import type { Trail } from "../audit/service";
import type { Passwords } from "../users/passwords";
import type { NewAccount, UserService } from "../users/service";
import type { Account, Credentials, UserStore } from "../users/store";
import type { AccessTokens } from "./jwt";
import type { AccessToken, AccessTokenStore, Session, SessionStore } from "./store";

/** For how long a spent refresh token gives its successor again to a client that lost the answer. Milliseconds. */
const refreshGraceMs = 10_000;

/** After this long a session ends, however much it is used, and the password is asked for again. Milliseconds. */
const longestSessionMs = 365 * 24 * 3_600_000;

export type SignedIn = {
	account: Account;
	accessToken: string;
	refreshToken: string;
	/** Seconds, as are all lifetimes here. */
	expiresIn: number;
	refreshExpiresIn: number;
};

type Dependencies = {
	accounts: UserService;
	users: UserStore;
	sessions: SessionStore;
	accessTokens: AccessTokenStore;
	passwords: Passwords;
	tokens: AccessTokens;
	record: Trail;
	/** Derives refresh tokens from one another. */
	secret: string;
	refreshLifetimeSeconds: number;
	now: () => Date;
};

export type AuthService = ReturnType<typeof authService>;

export function authService({
	accounts,
	users,
	sessions,
	accessTokens,
	passwords,
	tokens,
	record,
	secret,
	refreshLifetimeSeconds,
	now,
}: Dependencies) {
	const refreshKey = hmac(secret, "refresh v1");
	/** The same successor each time, so that it can be given twice although only its hash is stored. */
	const successorOf = (token: string) => hmac(refreshKey, token).toString("base64url");
	const expiry = (from: Date) => new Date(from.getTime() + refreshLifetimeSeconds * 1000);

	async function signedIn({ userId, sessionId, expiresAt }: Opened, refreshToken: string): Promise<SignedIn> {
		const account = await users.accountById(userId);
		if (!account) throw new AppError("unauthenticated", "This account no longer exists.");
		return {
			account,
			accessToken: await tokens.sign({ userId, sessionId }),
			refreshToken,
			expiresIn: tokens.lifetimeSeconds,
			refreshExpiresIn: Math.floor((expiresAt.getTime() - now().getTime()) / 1000),
		};
	}

	/** Throws `unauthenticated` when the password is another than the verified one by now. */
	async function openSession({ id: userId, passwordHash }: Credentials, origin: Origin): Promise<SignedIn> {
		const id = Bun.randomUUIDv7();
		const refreshToken = randomToken();
		const createdAt = now();
		const expiresAt = expiry(createdAt);
		await sessions.create({
			id,
			userId,
			passwordHash,
			tokenHash: hashOf(refreshToken),
			createdAt,
			expiresAt,
			...origin,
		});
		return signedIn({ userId, sessionId: id, expiresAt }, refreshToken);
	}

	return {
		/** `link` is an invitation, or the link of the first administrator. */
		async register(account: NewAccount, link: string | undefined, origin: Origin): Promise<SignedIn> {
			const made = await accounts.register(account, link === undefined ? undefined : hashOf(link), origin.address);
			return openSession(made, origin);
		},

		/**
		 * `login` is a username or an e-mail address. Who does not exist and who has another password look the same; that
		 * an account is suspended (`forbidden`) learns only who knows its password.
		 */
		async signIn(login: string, password: string, origin: Origin): Promise<SignedIn> {
			const { address } = origin;
			const found = await users.credentialsByLogin(login.trim());
			try {
				if (!(await passwords.verify(password, found?.passwordHash ?? null)) || !found) throw wrongLogin();
				const session = await openSession(found, origin);
				await record("signed_in", { id: found.id, address });
				return session;
			} catch (error) {
				if (error instanceof AppError && error.code === "unauthenticated")
					await record("sign_in_failed", { id: null, address }, found?.id ?? null);
				throw error;
			}
		},

		async refresh(refreshToken: string, { address }: Origin): Promise<SignedIn> {
			const successor = successorOf(refreshToken);
			const session = await sessions.rotate({
				presented: hashOf(refreshToken),
				successor: hashOf(successor),
				now: now(),
				expiresAt: expiry(now()),
				longestMs: longestSessionMs,
				graceMs: refreshGraceMs,
			});
			if (session?.outcome === "rotated") return signedIn(session, successor);
			if (session) await record("refresh_token_replayed", { id: null, address }, session.userId);
			throw new AppError("unauthenticated", "The refresh token is not valid, has expired or was used.");
		},

		/**
		 * Ends the session that a token belongs to, be it the refresh or the access token; of a personal access token there
		 * is nothing but the token. What is no token of ours is ignored.
		 */
		async revoke(token: string, { address }: Origin): Promise<void> {
			if (token.startsWith(personalPrefix)) {
				const owner = await accessTokens.removeByHash(hashOf(token));
				if (owner) await record("token_deleted", { id: null, address }, owner);
				return;
			}
			const claims = await tokens.verify(token);
			if (claims) await sessions.end(claims.userId, claims.sessionId);
			else await sessions.endByToken(hashOf(token));
		},

		signOut: (refreshToken: string): Promise<void> => sessions.endByToken(hashOf(refreshToken)),

		sessions: (user: Caller): Promise<Session[]> => sessions.ofUser(user.id, now()),

		async endSession(user: Caller, id: string, { address }: Origin): Promise<void> {
			if (!(await sessions.end(user.id, id))) throw notFound("session");
			await record("session_ended", { id: user.id, address });
		},

		/** All but the one that asks for it. */
		async endOtherSessions(user: SessionCaller, { address }: Origin): Promise<void> {
			await sessions.endOthers(user);
			await record("session_ended", { id: user.id, address });
		},

		/**
		 * Ends all other sessions, all reset links and, unless they are kept, all personal access tokens. Throws
		 * `unauthenticated` for another password, and `invalid` for a weak new one.
		 */
		async changePassword(user: SessionCaller, change: PasswordChange, { address }: Origin): Promise<void> {
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
		 * account. Throws `gone` for a link that does not hold, and `invalid` for a weak password, after which the link is
		 * still good.
		 */
		async reset(link: string, password: string, { address }: Origin): Promise<Account> {
			const found = await accounts.ofResetLink(hashOf(link));
			await passwords.check(password, [found.username, found.email], "new_password");
			const changes = { passwordHash: await passwords.hash(password), updatedAt: now() };
			const { id, ...updated } = await users.reset(hashOf(link), changes);
			await accounts.recordPassword("password_reset", { id: null, address }, id, updated);
			return found;
		},

		/** A personal access token, which is told once and stored as a hash. */
		async createToken(
			user: SessionCaller,
			token: NewToken,
			{ address }: Origin,
		): Promise<AccessToken & { token: string }> {
			const secret = personalPrefix + randomToken();
			const made = { ...token, id: Bun.randomUUIDv7(), createdAt: now(), usedAt: null };
			if (made.expiresAt && made.expiresAt <= made.createdAt) throw invalid("/expires_at", "Must be in the future.");
			await accessTokens.create({ ...made, hash: hashOf(secret) }, user);
			await record("token_created", { id: user.id, address });
			return { ...made, token: secret };
		},

		tokens: (user: Caller): Promise<AccessToken[]> => accessTokens.ofUser(user.id),

		async removeToken(user: Caller, id: string, { address }: Origin): Promise<void> {
			if (!(await accessTokens.remove(user.id, id))) throw notFound("token");
			await record("token_deleted", { id: user.id, address });
		},
	};
}

type Opened = { userId: string; sessionId: string; expiresAt: Date };
type PasswordChange = { current: string; next: string; keepsTokens: boolean };
type NewToken = Pick<AccessToken, "name" | "scope" | "expiresAt">;
