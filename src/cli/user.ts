import { type AccountServices, accountServices } from "../accounts/services";
import { lazyArgon2 } from "../accounts/users/argon2";
import type { AccountMedia } from "../accounts/users/service";
import { type Account, stateOf } from "../accounts/users/store";
import { type Config, loadConfig } from "../config/config";
import type { Role } from "../core/caller";
import { operator } from "../core/permissions";
import { createRetention } from "../core/retention";
import { confirm, print, printJson, printTable, readPassword, type Terminal } from "../core/terminal";
import type { Stores } from "../db/stores";
import { openFileStore, openShared } from "../instance/open";
import { mediaService } from "../media/service";
import { linkBaseForCommand, printLink } from "../server/link";
import { type TrashService, trashService } from "../trash/service";

type Json = { json?: boolean };

export const listUsers = (terminal: Terminal, { json }: Json) =>
	withAccounts(terminal, async ({ stores: { users } }) => {
		const found = await allAccounts(users);
		if (json) return printJson(terminal, found.map(present));
		printTable(
			terminal,
			["USERNAME", "E-MAIL", "ROLE", "STATE", "SINCE", "POSTS"],
			found.map((a) => [a.username, a.email, a.role, stateOf(a), a.createdAt.toISOString(), String(a.postsCount)]),
		);
	});

type NewUser = Json & { email: string; displayName?: string; role: Role };

export async function createUser(terminal: Terminal, username: string, { email, displayName, role, json }: NewUser) {
	const password = await readPassword(terminal);
	await withAccounts(
		terminal,
		async ({ accounts }) => {
			const id = await accounts.admin.create({ username, email, password, displayName }, role, operator);
			report(terminal, await accounts.account(id), {
				json,
				done: role === "admin" ? "is created, as an admin" : "is created",
			});
		},
		{ create: true },
	);
}

export const setRole = (terminal: Terminal, login: string, role: Role, { json }: Json) =>
	withAccounts(terminal, async ({ accounts: { admin } }) =>
		report(terminal, await admin.setRole(login, role, operator), { json, done: `has the role ${role} now` }),
	);

export async function setPassword(terminal: Terminal, login: string, { json }: Json) {
	const account = await withAccounts(terminal, ({ accounts }) => accounts.byLogin(login)); // an unknown name fails before the prompt
	const password = await readPassword(terminal);
	await withAccounts(terminal, async ({ accounts: { admin } }) =>
		report(terminal, await admin.setPassword(login, password, operator, account), {
			json,
			done: "has a new password; all sessions, personal access tokens and reset links have ended",
		}),
	);
}

export const suspend = (terminal: Terminal, login: string, { json }: Json) =>
	withAccounts(terminal, async ({ accounts: { admin } }) =>
		report(terminal, await admin.suspend(login, operator), { json, done: "is suspended; all sessions have ended" }),
	);

export const unsuspend = (terminal: Terminal, login: string, { json }: Json) =>
	withAccounts(terminal, async ({ accounts: { admin } }) =>
		report(terminal, await admin.restore(login, operator), { json, done: "can sign in again" }),
	);

type DeleteOptions = Json & { yes?: boolean; permanent?: boolean };

export async function deleteUser(terminal: Terminal, login: string, { yes, permanent, json }: DeleteOptions) {
	const account = await withAccounts(terminal, ({ accounts }) => accounts.byLogin(login));
	const { username, postsCount } = account;
	const { trashDays } = loadConfig(terminal.env);
	const recovery =
		permanent || trashDays === 0 ? "permanently" : `\`user undelete\` can restore it for ${trashDays} days`;
	await confirm(terminal, {
		yes,
		question: `Delete ${username}, with ${postsCount} public posts and all other content (${recovery})?`,
	});
	await withAccounts(terminal, async ({ accounts: { admin } }) =>
		report(terminal, await admin.remove(login, operator, { permanent, same: account }), {
			json,
			done: "is deleted, with all content",
		}),
	);
}

/** Restores a deleted account. `login` is the former username or e-mail address, or the id. */
export const undelete = (terminal: Terminal, login: string, { json }: Json) =>
	withAccounts(terminal, async ({ accounts, stores, trash }) => {
		await stores.trash.resume(); // finishes the work of an interrupted command
		const { id } = await trash.admin.restoreAccount(login, operator);
		report(terminal, await accounts.account(id), { json, done: "is restored, with all content" });
	});

/** Prints a link for setting a new password. */
export const resetLink = (terminal: Terminal, login: string, { json }: Json) =>
	withAccounts(terminal, async ({ accounts, oneTimeLinks }) => {
		const { id } = await accounts.byLogin(login);
		const place = linkBaseForCommand(terminal.env);
		const { token, expiresAt } = await oneTimeLinks.reset(id, operator);
		await printLink(terminal, place, { purpose: "reset", token, expiresAt }, json);
	});

/** Prints an invitation link, which allows registering while registration is not open. */
export const invite = (terminal: Terminal, { uses, days, json }: Json & { uses: number; days: number }) =>
	withAccounts(terminal, async ({ oneTimeLinks }) => {
		const place = linkBaseForCommand(terminal.env);
		const { token, expiresAt } = await oneTimeLinks.operatorInvite({ uses, days });
		await printLink(terminal, place, { purpose: "invite", token, expiresAt }, json);
	});

type Services = AccountServices & { stores: Stores; trash: TrashService };

/** Runs `work` with the services of accounts on the configured database. The server may run. */
async function withAccounts<T>(
	terminal: Terminal,
	work: (services: Services) => Promise<T>,
	{ create } = { create: false },
): Promise<T> {
	const config = loadConfig(terminal.env);
	const stores = openShared(config, { create });
	try {
		const now = () => new Date();
		const media = commandMedia(stores, config, now);
		const retention = createRetention({ days: config.trashDays, quota: config.media.userQuotaBytes, now });
		const finishDeleting = stores.trash.resume;
		const argon2 = lazyArgon2(config);
		const services = accountServices({ ...config, argon2, stores, media, retention, finishDeleting, now });
		const trash = trashService({ stores, ...services, media, retention });
		return await work({ ...services, stores, trash });
	} finally {
		await stores.close();
	}
}

/** Deletes orphaned pictures before the command ends. */
const commandMedia = (stores: Stores, config: Config, now: () => Date): AccountMedia => ({
	keep: () => Promise.reject(new Error("Commands do not upload pictures.")),
	async collectSoon() {
		const files = await openFileStore(stores, config);
		const failed = (error: unknown) => {
			throw error;
		};
		const media = mediaService({ images: stores.images, files, limits: config.media, now, failed });
		await media.collect().finally(media.end); // the server later deletes files that a running backup still needs
	},
});

async function allAccounts(users: Stores["users"]): Promise<Account[]> {
	const found: Account[] = [];
	for (let cursor: string | undefined; ; ) {
		const page = await users.accounts({ limit: 100, cursor });
		found.push(...page.items);
		if (page.nextCursor === null) return found;
		cursor = page.nextCursor;
	}
}

const report = (terminal: Terminal, account: Account, { json, done }: { json?: boolean; done: string }) =>
	json ? printJson(terminal, present(account)) : print(terminal, `${account.username} ${done}.`);

/** Returns JSON with the field names of the API. */
const present = (account: Account) => ({
	id: account.id,
	username: account.username,
	email: account.email,
	display_name: account.displayName,
	role: account.role,
	state: stateOf(account),
	suspended_at: account.suspendedAt,
	created_at: account.createdAt,
	posts_count: account.postsCount,
	followers_count: account.followersCount,
	following_count: account.followingCount,
});
