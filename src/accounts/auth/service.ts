import type { ClientInfo } from "../../core/caller";
import { hmac } from "../../core/crypto";
import { AppError, wrongLogin } from "../../core/errors";
import { hashOf, personalPrefix, randomToken } from "../../core/tokens";
import type { AuditLog } from "../audit/service";
import type { Passwords } from "../users/passwords";
import type { NewAccount } from "../users/registration";
import type { AccountService } from "../users/service";
import type { Account, Credentials, UserStore } from "../users/store";
import type { AccessTokens } from "./jwt";
import type { AccessTokenStore, SessionStore } from "./store";

/** Grace period in milliseconds: a client that lost the answer gets the same successor again. */
const refreshGraceMs = 10_000;

/** Maximum lifetime of a session in milliseconds, however much it is used. */
const longestSessionMs = 365 * 24 * 3_600_000;

export type SignedIn = {
	account: Account;
	accessToken: string;
	refreshToken: string;
	/** In seconds, like all lifetimes here. */
	expiresIn: number;
	refreshExpiresIn: number;
};

type Dependencies = {
	accounts: AccountService;
	users: UserStore;
	sessions: SessionStore;
	accessTokens: AccessTokenStore;
	passwords: Passwords;
	tokens: AccessTokens;
	auditLog: AuditLog;
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
	auditLog,
	secret,
	refreshLifetimeSeconds,
	now,
}: Dependencies) {
	const refreshKey = hmac(secret, "refresh v1");
	/** The same token has the same successor, so the server can answer twice although it stores only a hash. */
	const successorOf = (token: string) => hmac(refreshKey, token).toString("base64url");
	const expiry = (from: Date) => new Date(from.getTime() + refreshLifetimeSeconds * 1000);
	const { open, present } = opener({ users, sessions, tokens, expiry, now });

	return {
		/** `link` is an invitation, or the link of the first administrator. */
		async register(account: NewAccount, link: string | undefined, origin: ClientInfo): Promise<SignedIn> {
			const made = await accounts.register(account, link === undefined ? undefined : hashOf(link), origin.address);
			return open(made, origin);
		},

		/**
		 * `login` is a username or an e-mail address. Unknown accounts and wrong passwords give the same error.
		 * Only a caller with the right password learns that the account is suspended (`forbidden`).
		 */
		async signIn(login: string, password: string, origin: ClientInfo): Promise<SignedIn> {
			const { address } = origin;
			const found = await users.credentialsByLogin(login.trim());
			try {
				if (!(await passwords.verify(password, found?.passwordHash ?? null)) || !found) throw wrongLogin();
				const session = await open(found, origin);
				await auditLog.record("signed_in", { id: found.id, address });
				return session;
			} catch (error) {
				if (error instanceof AppError && error.code === "unauthenticated")
					await auditLog.record("sign_in_failed", { id: null, address }, found?.id ?? null);
				throw error;
			}
		},

		async refresh(refreshToken: string, { address }: ClientInfo): Promise<SignedIn> {
			const successor = successorOf(refreshToken);
			const session = await sessions.rotate({
				presented: hashOf(refreshToken),
				successor: hashOf(successor),
				now: now(),
				expiresAt: expiry(now()),
				longestMs: longestSessionMs,
				graceMs: refreshGraceMs,
			});
			if (session?.outcome === "rotated") return present(session, successor);
			if (session) await auditLog.record("refresh_token_replayed", { id: null, address }, session.userId);
			throw new AppError("unauthenticated", "The refresh token is not valid, has expired or was used.");
		},

		/**
		 * Ends the session of a refresh or access token, or revokes a personal access token. Ignores unknown tokens.
		 */
		async revoke(token: string, { address }: ClientInfo): Promise<void> {
			if (token.startsWith(personalPrefix)) {
				const owner = await accessTokens.removeByHash(hashOf(token));
				if (owner) await auditLog.record("token_deleted", { id: null, address }, owner);
				return;
			}
			const claims = await tokens.verify(token);
			if (claims) await sessions.end(claims.userId, claims.sessionId);
			else await sessions.endByToken(hashOf(token));
		},

		signOut: (refreshToken: string): Promise<void> => sessions.endByToken(hashOf(refreshToken)),
	};
}

type Opened = { userId: string; sessionId: string; expiresAt: Date };
type Opening = Pick<Dependencies, "users" | "sessions" | "tokens" | "now"> & { expiry: (from: Date) => Date };

/** Opens sessions, and makes the responses with their tokens. */
function opener({ users, sessions, tokens, expiry, now }: Opening) {
	/** Throws `unauthenticated` when the account is gone. */
	async function present({ userId, sessionId, expiresAt }: Opened, refreshToken: string): Promise<SignedIn> {
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

	/** Throws `unauthenticated` when the password has changed since it was verified. */
	async function open({ id: userId, passwordHash }: Credentials, client: ClientInfo): Promise<SignedIn> {
		const id = Bun.randomUUIDv7();
		const refreshToken = randomToken();
		const createdAt = now();
		const expiresAt = expiry(createdAt);
		const tokenHash = hashOf(refreshToken);
		await sessions.create({ id, userId, passwordHash, tokenHash, createdAt, expiresAt, ...client });
		return present({ userId, sessionId: id, expiresAt }, refreshToken);
	}

	return { open, present };
}
