import { t } from "elysia";
import { lazily } from "../../core/lazily";
import { maxTokenLength } from "../../core/tokens";
import { table } from "../../http/rate-limit/bounded-map";

const issuer = "minifeed";
/** RFC 9068: tells access tokens from any other JWT that the same key might sign. */
const type = "at+jwt";

/** Seconds that a time server may set the clock back without ending tokens that were just issued. */
const leeway = 60;
/** The library uses the clock of the machine, which may be behind `nowSeconds`. */
const isFromFuture = (issuedAt = 0, nowSeconds: number) => issuedAt > Math.max(Date.now() / 1000, nowSeconds) + leeway;

export type Claims = { userId: string; sessionId: string };
export type AccessTokenOptions = { algorithm: "HS256" | "HS384" | "HS512"; lifetimeSeconds: number };
type Options = AccessTokenOptions & { secret: string; now: () => Date };

/** Signs and verifies access tokens (JWT). A token names a session, and the row of the session says if it is active. */
export function accessTokens({ secret, algorithm, lifetimeSeconds, now }: Options) {
	const jwt = lazily(() => loadJwt(secret, algorithm));
	const seconds = () => Math.floor(now().getTime() / 1000);
	// A verification uses the thread pool and takes about 100 µs, so each token is verified once and its claims are cached.
	const verified = table<Claims & { expires: number }>(10_000);

	return {
		lifetimeSeconds,

		async sign({ userId, sessionId }: Claims): Promise<string> {
			return (await jwt()).sign({ sub: userId, sid: sessionId, exp: seconds() + lifetimeSeconds });
		},

		/** Null for a token that is foreign, changed, of another algorithm, expired, or from the future. */
		async verify(token: string): Promise<Claims | null> {
			if (token.length > maxTokenLength) return null;
			let claims = verified.get(token);
			if (!claims) {
				const payload = await (await jwt()).verify(token, {
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
/** Loaded with the first token. */
async function loadJwt(secret: string, alg: Options["algorithm"]) {
	const { jwt } = await import("@elysiajs/jwt");
	const schema = t.Object({ sub: t.String(), sid: t.String(), exp: t.Number() });
	return jwt({ name: "jwt", secret, alg, typ: type, iss: issuer, schema }).decorator.jwt;
}

export type AccessTokens = ReturnType<typeof accessTokens>;
