import { jwt } from "@elysiajs/jwt";
import { t } from "elysia";
import { LRUCache } from "lru-cache";

const issuer = "minifeed";
/** RFC 9068: tells access tokens from any other JWT that the same key might sign. */
const type = "at+jwt";
/** Characters of an access token. Ours have about 350; a personal one has 46. Longer ones are refused unread. */
export const maxTokenLength = 1024;

/** Seconds that a clock may be set back by, as time servers do, without ending what was just issued. */
const leeway = 60;
/** The library stamps with the clock of the machine, which may be behind `nowSeconds`. */
const isFromFuture = (issuedAt = 0, nowSeconds: number) => issuedAt > Math.max(Date.now() / 1000, nowSeconds) + leeway;

export type Claims = { userId: string; sessionId: string };
type Options = {
	secret: string;
	algorithm: "HS256" | "HS384" | "HS512";
	lifetimeSeconds: number;
	now: () => Date;
};

/** Signs and verifies access tokens (JWT). A token names a session; whether that still lives is the session row's to say. */
export function accessTokens({ secret, algorithm, lifetimeSeconds, now }: Options) {
	const { sign, verify } = jwt({
		name: "jwt",
		secret,
		alg: algorithm,
		typ: type,
		iss: issuer,
		schema: t.Object({ sub: t.String(), sid: t.String(), exp: t.Number() }),
	}).decorator.jwt;
	const seconds = () => Math.floor(now().getTime() / 1000);
	// Verifying goes through the thread pool and costs about 100 µs, so a token is verified once and its claims are kept.
	const verified = new LRUCache<string, Claims & { expires: number }>({
		max: 10_000,
	});

	return {
		lifetimeSeconds,

		sign: ({ userId, sessionId }: Claims): Promise<string> =>
			sign({ sub: userId, sid: sessionId, exp: seconds() + lifetimeSeconds }),

		/** Null for a token that is not ours, not intact, of another algorithm, expired, or from the future. */
		async verify(token: string): Promise<Claims | null> {
			if (token.length > maxTokenLength) return null;
			let claims = verified.get(token);
			if (!claims) {
				const payload = await verify(token, {
					algorithms: [algorithm],
					typ: type,
					issuer,
					currentDate: now(),
				});
				if (!payload || isFromFuture(payload.iat, seconds())) return null;
				claims = {
					userId: payload.sub,
					sessionId: payload.sid,
					expires: payload.exp,
				};
				verified.set(token, claims);
			}
			return claims.expires > seconds() ? claims : null;
		},
	};
}
export type AccessTokens = ReturnType<typeof accessTokens>;
