import { Value } from "@sinclair/typebox/value";
import type { Role, TokenHash } from "../../core/caller";
import { AppError, invalid, linkGone } from "../../core/errors";
import { asName } from "../../core/text";
import type { AuditLog } from "../audit/service";
import type { LinkStore } from "../invites/store";
import { Identity } from "./fields";
import type { Passwords } from "./passwords";
import { isReserved } from "./reserved-names";
import type { Credentials, UserStore } from "./store";

export type NewAccount = {
	username: string;
	email: string;
	password: string;
	displayName?: string;
};

/** Decides who can register: everyone, people with an invitation, people after an approval, or no one. */
export type RegistrationMode = "open" | "invite" | "approval" | "closed";

type Dependencies = {
	users: UserStore;
	links: Pick<LinkStore, "byHash">;
	passwords: Passwords;
	auditLog: AuditLog;
	registration: RegistrationMode;
	now: () => Date;
};

type Making = { role?: Role; link?: TokenHash; isPending?: boolean };

/** Makes accounts. */
export function registration({ users, links, passwords, auditLog, registration, now }: Dependencies) {
	/**
	 * Decides whether a registration is allowed and needs approval. Accounts that the operator or an administrator makes
	 * skip it. Throws `forbidden`, and `gone` for a link that is not valid.
	 */
	const admit = async (link: TokenHash | undefined): Promise<{ isPending: boolean }> => {
		const purpose = link && (await links.byHash(link, now()))?.purpose;
		if (link && purpose !== "invite" && purpose !== "admin") throw linkGone();
		if (purpose === "admin") return { isPending: false };
		if (registration === "closed") throw new AppError("forbidden", "Registration is closed.");
		if (registration === "invite" && !purpose) throw new AppError("forbidden", "You need an invitation to register.");
		return { isPending: registration === "approval" && !purpose };
	};

	/** Throws `invalid` for an invalid name, address or password, and `conflict` for a taken name or address. */
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

	/** Throws like `make` and `admit`. */
	const register = async (given: NewAccount, link: TokenHash | undefined, address: string): Promise<Credentials> => {
		if (isReserved(given.username.toLowerCase())) throw invalid("/username", "This name is reserved; choose another.");
		const { isPending } = await admit(link);
		const made = await make(given, { link, isPending });
		await auditLog.record("registered", { id: made.id, address });
		return made;
	};

	return { make, register };
}
export type Registration = ReturnType<typeof registration>;

/** The schemas of routes check these fields. The command line and the configuration have no schema. */
function checkIdentity(identity: { username: string; email: string; display_name?: string }) {
	const errors = [...Value.Errors(Identity, identity)].map(({ path, schema }) => ({
		pointer: path,
		detail: `Must be ${schema.description}.`,
	}));
	if (errors.length > 0) throw new AppError("invalid", "Some fields are not valid.", { errors });
}
