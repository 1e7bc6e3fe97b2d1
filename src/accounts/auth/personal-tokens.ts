import type { Caller, ClientInfo, SessionCaller } from "../../core/caller";
import { invalid, notFound } from "../../core/errors";
import { hashOf, personalPrefix, randomToken } from "../../core/tokens";
import type { AuditLog } from "../audit/service";
import type { AccessToken, AccessTokenStore } from "./store";

type Dependencies = { accessTokens: AccessTokenStore; auditLog: AuditLog; now: () => Date };
type NewToken = Pick<AccessToken, "name" | "scope" | "expiresAt">;

export type PersonalTokens = ReturnType<typeof createPersonalTokens>;

/** Personal access tokens, for scripts and bots. */
export const createPersonalTokens = ({ accessTokens, auditLog, now }: Dependencies) => ({
	/** Only this response contains the token: the server stores a hash. */
	async create(
		user: SessionCaller,
		token: NewToken,
		{ address }: ClientInfo,
	): Promise<AccessToken & { token: string }> {
		const secret = personalPrefix + randomToken();
		const made = { ...token, id: Bun.randomUUIDv7(), createdAt: now(), usedAt: null };
		if (made.expiresAt && made.expiresAt <= made.createdAt) throw invalid("/expires_at", "Must be in the future.");
		await accessTokens.create({ ...made, hash: hashOf(secret) }, user);
		await auditLog.record("token_created", { id: user.id, address });
		return { ...made, token: secret };
	},

	ofUser: (user: Caller): Promise<AccessToken[]> => accessTokens.ofUser(user.id),

	async remove(user: Caller, id: string, { address }: ClientInfo): Promise<void> {
		if (!(await accessTokens.remove(user.id, id))) throw notFound("token");
		await auditLog.record("token_deleted", { id: user.id, address });
	},
});
