import type { Retention } from "../core/retention";
import { createAuditLog } from "./audit/service";
import type { AuditStore } from "./audit/store";
import { authentication } from "./auth/authenticate";
import { type AccessTokenOptions, accessTokens } from "./auth/jwt";
import { createOwnSessions } from "./auth/own-sessions";
import { createPasswordChanges } from "./auth/password-changes";
import { createPersonalTokens } from "./auth/personal-tokens";
import { authService } from "./auth/service";
import type { AccessTokenStore, SessionStore } from "./auth/store";
import { createOneTimeLinks, type InviteOptions } from "./invites/service";
import type { LinkStore } from "./invites/store";
import { type Argon2, lazyArgon2 } from "./users/argon2";
import { createPasswords, type PasswordOptions } from "./users/passwords";
import type { RegistrationMode } from "./users/registration";
import { type AccountMedia, accountService } from "./users/service";
import type { UserStore } from "./users/store";

export type AccountStores = {
	users: UserStore;
	sessions: SessionStore;
	accessTokens: AccessTokenStore;
	links: LinkStore;
	audit: AuditStore;
};

export type AccountOptions = {
	passwords: PasswordOptions;
	/** Hashes the passwords. */
	argon2?: Argon2;
	registration: RegistrationMode;
	invites: InviteOptions;
};

type AccountDependencies = AccountOptions & {
	stores: Omit<AccountStores, "sessions" | "accessTokens">;
	media: AccountMedia;
	retention: Retention;
	/** Continues deletions that are too large for one transaction; see `TrashStore.resume`. */
	finishDeleting: () => Promise<void>;
	now: () => Date;
};

/** The services of accounts that requests and commands share. */
export function accountServices({ stores, argon2 = lazyArgon2(), invites, now, ...options }: AccountDependencies) {
	const { users, links, audit } = stores;
	const auditLog = createAuditLog({ audit, now });
	const passwords = createPasswords(options.passwords, argon2);
	const accounts = accountService({ ...options, users, links, passwords, auditLog, now });
	const oneTimeLinks = createOneTimeLinks({ links, auditLog, invites, now });
	return { auditLog, passwords, accounts, oneTimeLinks };
}
export type AccountServices = ReturnType<typeof accountServices>;

export type SignInOptions = {
	/** At least 32 bytes. */
	secret: string;
	accessTokens: AccessTokenOptions;
	refreshTokens: { lifetimeSeconds: number };
};

type SignInDependencies = SignInOptions & { stores: AccountStores; services: AccountServices; now: () => Date };

/** The services that sign people in and authenticate requests. */
export function signInServices({ stores, services, secret, now, ...options }: SignInDependencies) {
	const { auditLog, passwords, accounts } = services;
	const tokens = accessTokens({ ...options.accessTokens, secret, now });
	const refreshLifetimeSeconds = options.refreshTokens.lifetimeSeconds;
	return {
		auth: authService({ ...services, ...stores, tokens, secret, refreshLifetimeSeconds, now }),
		ownSessions: createOwnSessions({ sessions: stores.sessions, auditLog, now }),
		passwordChanges: createPasswordChanges({ accounts, users: stores.users, passwords, now }),
		personalTokens: createPersonalTokens({ accessTokens: stores.accessTokens, auditLog, now }),
		authenticate: authentication({ tokens, sessions: stores.sessions, accessTokens: stores.accessTokens, now }),
	};
}
export type SignInServices = ReturnType<typeof signInServices>;
