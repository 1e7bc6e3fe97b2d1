import type { Caller } from "../../core/caller";
import { hashOf, personalPrefix } from "../../core/tokens";
import type { AccessTokens } from "./jwt";
import type { AccessTokenStore, SessionStore } from "./store";

type Dependencies = {
	tokens: AccessTokens;
	sessions: Pick<SessionStore, "caller">;
	accessTokens: Pick<AccessTokenStore, "caller">;
	now: () => Date;
};

/** Makes a function that finds the caller of an access token or personal access token; null for an invalid one. */
export const authentication =
	({ tokens, sessions, accessTokens, now }: Dependencies) =>
	async (token: string): Promise<Caller | null> => {
		if (token.startsWith(personalPrefix)) return accessTokens.caller(hashOf(token), now());
		const claims = await tokens.verify(token);
		return claims && sessions.caller({ id: claims.sessionId, userId: claims.userId }, now());
	};
