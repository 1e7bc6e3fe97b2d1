import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { AppError, type ErrorCode, formatError } from "../../core/errors";
import { json } from "../../http/body";
import { maxAuthorization } from "../../http/caller-cache";
import type { Header } from "../../http/docs/openapi";
import { answerFailures, retryAfterOf, statuses } from "../../http/problem";

/** Error names of RFC 6749, 5.2 that can occur here. It has none for faults of the server, which use those of 4.1.2.1. */
type Name =
	| "invalid_request"
	| "invalid_client"
	| "invalid_grant"
	| "unsupported_grant_type"
	| "invalid_scope"
	| "server_error"
	| "temporarily_unavailable";

/** An error that only OAuth2 has a name for. Other errors get the nearest name. */
export class OAuthError extends AppError {
	constructor(
		readonly error: Name,
		detail: string,
	) {
		super("malformed", detail);
	}
}

const names: Partial<Record<ErrorCode, Name>> = {
	unauthenticated: "invalid_grant",
	// A suspended account gave the right password, so the answer may say that it is suspended.
	forbidden: "invalid_grant",
	internal: "server_error",
	storage_full: "server_error",
	busy: "temporarily_unavailable",
	rate_limited: "temporarily_unavailable",
};
const nameOf = (error: AppError) =>
	error instanceof OAuthError ? error.error : (names[error.code] ?? "invalid_request");

/** RFC 6749, 5.2 wants 400 for faulty requests. Errors that a later try can avoid keep their usual status. */
function respond(failure: AppError): Response {
	const error = nameOf(failure);
	const [own] = statuses[failure.code];
	const headers: Record<string, string> = { "content-type": json };
	if (error === "invalid_client") headers["www-authenticate"] = 'Basic realm="minifeed"';
	if (failure.code === "busy") headers["retry-after"] = retryAfterOf(failure.more);
	const status = own >= 500 || own === 429 ? own : error === "invalid_client" ? 401 : 400;
	return Response.json({ error, error_description: formatError(failure) }, { status, headers });
}

/** An error in the form of OAuth2 (RFC 6749, 5.2). */
const Failure = ($id: string, errors: Name[], description: string, example: string) =>
	Type.Object(
		{
			error: Type.Unsafe<Name>(Type.Union(errors.map((error) => Type.Literal(error)))),
			error_description: Type.String({ description: "For people; the text may change." }),
		},
		{ $id, description, examples: [{ error: errors[0], error_description: example }] },
	);
const secretRefused = "This server has public clients only. Send no secret.";
const serverError = Failure(
	"OAuthServerError",
	["server_error"],
	"The server failed",
	"The server failed to handle this request.",
);

/** The failures of every OAuth2 endpoint, for `response` of its route. They are not problem details. */
export const failures = {
	400: Failure(
		"OAuthError",
		["invalid_grant", "invalid_request", "invalid_scope", "unsupported_grant_type"],
		"The request or its credentials are not valid (RFC 6749, 5.2)",
		"The username or the password is wrong.",
	),
	401: Failure(
		"OAuthClientError",
		["invalid_client"],
		"The client sent a secret, but this server has public clients only",
		secretRefused,
	),
	429: Failure(
		"OAuthRateLimited",
		["temporarily_unavailable"],
		"The client is over the rate limit",
		"Too many requests. Try again in 8 s.",
	),
	500: serverError,
	503: Failure(
		"OAuthUnavailable",
		["temporarily_unavailable"],
		"Too busy, or shutting down",
		"Too much is arriving at once. Try again shortly.",
	),
	507: serverError,
};

/**
 * Clients cannot register here, so all are public (RFC 6749, 2.1), and any client_id will do. A public client has no
 * secret or an empty one (2.3.1). The server refuses other secrets, so that no client believes that it was verified.
 */
function demandPublic(authorization: string | null, secret: string | undefined) {
	if (authorization !== null && secret)
		throw new OAuthError("invalid_request", "The client authenticates in more than one way.");
	if (secret || (authorization !== null && !hasEmptySecret(authorization)))
		throw new OAuthError("invalid_client", secretRefused);
}

function hasEmptySecret(authorization: string): boolean {
	if (authorization.length > maxAuthorization) return false;
	const encoded = /^basic +([\w+/-]+={0,2})$/i.exec(authorization)?.[1] ?? "";
	return /^[^:]*:$/.test(Buffer.from(encoded, "base64").toString());
}

const headers: Record<number, Header[]> = {
	401: ["WWW-Authenticate"],
	429: ["Retry-After", "RateLimit-Policy", "RateLimit"],
	503: ["Retry-After"],
};

/**
 * `oauth: true` makes a route answer in the form of OAuth2, and admits public clients only. It stands before `accepts` in
 * the options, so that unreadable bodies get that form, too.
 */
export const oauth = new Elysia({ name: "http.oauth" }).macro({
	oauth: {
		transform: ({ request, set }) => {
			answerFailures(request, respond);
			set.headers.pragma = "no-cache"; // RFC 6749, 5.1; every response has Cache-Control
		},
		beforeHandle: ({ request, body }) => {
			demandPublic(request.headers.get("authorization"), (body as { client_secret?: string }).client_secret);
		},
		detail: { "x-headers": headers } as object,
	},
});
