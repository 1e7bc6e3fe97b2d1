import { createHash, createHmac, randomBytes } from "node:crypto";
import { AppError, invalid } from "../errors";
import type { AccessTokens } from "../http/tokens";
import type { NewAccount, UserService } from "../users/service";
import type { Account, UserStore } from "../users/store";
import type { Passwords } from "./passwords";
import type { SessionStore, TokenHash } from "./store";
import { isReserved } from "./usernames";

/** For how long a spent refresh token gives its successor again to a client that lost the answer. Milliseconds. */
const refreshGraceMs = 10_000;

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
	passwords: Passwords;
	tokens: AccessTokens;
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
	passwords,
	tokens,
	secret,
	refreshLifetimeSeconds,
	now,
}: Dependencies) {
	const refreshKey = createHmac("sha256", secret).update("refresh v1").digest();
	/** The same successor each time, so that it can be given twice although only its hash is stored. */
	const successorOf = (token: string) => createHmac("sha256", refreshKey).update(token).digest("base64url");
	const expiry = (from: Date) => new Date(from.getTime() + refreshLifetimeSeconds * 1000);

	async function signedIn(userId: string, sessionId: string, refreshToken: string): Promise<SignedIn> {
		const account = await users.accountById(userId);
		if (!account) throw new AppError("unauthenticated", "This account no longer exists.");
		return {
			account,
			accessToken: await tokens.sign({ userId, sessionId }),
			refreshToken,
			expiresIn: tokens.lifetimeSeconds,
			refreshExpiresIn: refreshLifetimeSeconds,
		};
	}

	async function openSession(userId: string): Promise<SignedIn> {
		const id = Bun.randomUUIDv7();
		const refreshToken = randomBytes(32).toString("base64url");
		const createdAt = now();
		await sessions.create({
			id,
			userId,
			tokenHash: hash(refreshToken),
			createdAt,
			expiresAt: expiry(createdAt),
		});
		return signedIn(userId, id, refreshToken);
	}

	return {
		async register(account: NewAccount): Promise<SignedIn> {
			if (isReserved(account.username.toLowerCase()))
				throw invalid("/username", "This name is reserved; choose another.");
			return openSession(await accounts.create(account));
		},

		/**
		 * `login` is a username or an e-mail address. Who does not exist and who has another password look the same; that
		 * an account is suspended (`forbidden`) learns only who knows its password.
		 */
		async signIn(login: string, password: string): Promise<SignedIn> {
			const found = await users.credentialsByLogin(login.trim());
			if (!(await passwords.verify(password, found?.passwordHash ?? null)) || !found)
				throw new AppError("unauthenticated", "The username or the password is wrong.");
			return openSession(found.id);
		},

		async refresh(refreshToken: string): Promise<SignedIn> {
			const successor = successorOf(refreshToken);
			const session = await sessions.rotate({
				presented: hash(refreshToken),
				successor: hash(successor),
				now: now(),
				expiresAt: expiry(now()),
				graceMs: refreshGraceMs,
			});
			if (!session) throw new AppError("unauthenticated", "The refresh token is not valid, has expired or was used.");
			return signedIn(session.userId, session.sessionId, successor);
		},

		/** Ends the session of a token of either kind, access tokens included. What is no token of ours is ignored. */
		async revoke(token: string): Promise<void> {
			const claims = await tokens.verify(token);
			await (claims ? sessions.end(claims.sessionId) : sessions.endByToken(hash(token)));
		},

		signOut: (refreshToken: string): Promise<void> => sessions.endByToken(hash(refreshToken)),
	};
}

const hash = (refreshToken: string): TokenHash => createHash("sha256").update(refreshToken).digest();
