import type { Actor, Caller } from "../../core/caller";
import { AppError, notFound } from "../../core/errors";
import type { Page, PageRequest } from "../../core/page";
import { operator, type Permitted } from "../../core/permissions";
import { hashOf, randomToken } from "../../core/tokens";
import type { AuditLog } from "../audit/service";
import type { Link, LinkStore, NewLink } from "./store";

const minute = 60_000;
const day = 24 * 60 * minute;
/** Lifetimes of links in milliseconds. Invitations have their own. */
const lifetimes = { reset: day, admin: 30 * minute };
/** Milliseconds after their end until rows of links are deleted. */
export const rememberedFor = 30 * day;

export type InviteOptions = {
	/** `users` lets every user invite; otherwise only administrators may. */
	by: "admins" | "users";
	/** Valid invitations that a user may have. Administrators have no limit. */
	quota: number;
};

/** A new link. Only this answer has its URL. */
export type MadeLink = { token: string; expiresAt: Date };

type Dependencies = { links: LinkStore; auditLog: AuditLog; invites: InviteOptions; now: () => Date };

export type OneTimeLinks = ReturnType<typeof createOneTimeLinks>;

/** One-time links: password resets, invitations, and the first administrator. The server stores only their hashes. */
export function createOneTimeLinks({ links, auditLog, invites, now }: Dependencies) {
	type Making = Pick<NewLink, "purpose" | "userId" | "maxUses"> & { lifetime: number; quota?: number | null };

	const make = async ({ lifetime, quota = null, ...link }: Making, by: Actor): Promise<MadeLink & { link: Link }> => {
		const token = randomToken();
		const createdAt = now();
		const expiresAt = new Date(createdAt.getTime() + lifetime);
		const made = { ...link, id: Bun.randomUUIDv7(), createdAt, expiresAt };
		await links.create({ ...made, hash: hashOf(token) }, { by: by.caller ?? null, quota });
		await auditLog.record("link_created", by, link.userId);
		return { token, expiresAt, link: { ...made, uses: 0, creator: null } };
	};

	const mayInvite = (user: Caller) => {
		if (user.role !== "admin" && invites.by === "admins")
			throw new AppError("forbidden", "Only administrators may invite people.");
	};

	return {
		/** Makes a password reset link, which replaces an earlier one. */
		reset: (userId: string, by: Permitted<"accounts.control">): Promise<MadeLink> =>
			make({ purpose: "reset", userId, maxUses: 1, lifetime: lifetimes.reset }, by),

		/** Its user becomes an administrator. */
		firstAdmin: (by: Permitted<"accounts.control">): Promise<MadeLink> =>
			make({ purpose: "admin", userId: null, maxUses: 1, lifetime: lifetimes.admin }, by),

		/** An invitation of the operator, without a quota. */
		operatorInvite: ({ uses, days }: { uses: number; days: number }): Promise<MadeLink> =>
			make({ purpose: "invite", userId: null, maxUses: uses, lifetime: days * day }, operator),

		/** Throws `forbidden` when the caller may not invite, and `conflict` beyond the quota. */
		async invite(user: Caller, { uses, days }: { uses: number; days: number }, address: string) {
			mayInvite(user);
			const quota = user.role === "admin" ? null : invites.quota;
			const making = { purpose: "invite", userId: null, maxUses: uses, lifetime: days * day, quota } as const;
			const { token, link } = await make(making, { id: user.id, address, caller: user });
			return { token, link: { ...link, creator: user.username } };
		},

		/** The caller's invitations; all invitations for an administrator. */
		invites: (user: Caller, page: PageRequest): Promise<Page<Link>> =>
			links.invites(user.role === "admin" ? null : user.id, page),

		async removeInvite(user: Caller, id: string, address: string): Promise<void> {
			if (!(await links.remove(id, user))) throw notFound("invitation");
			await auditLog.record("link_deleted", { id: user.id, address });
		},
	};
}
