import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { Value } from "@sinclair/typebox/value";
import {
	type DefinitionBase,
	Elysia,
	type EphemeralType,
	type MetadataBase,
	type RouteBase,
	type SingletonBase,
	ValidationError,
} from "elysia";
import { AppError, type ErrorCode, type FieldError, systemFailure } from "../core/errors";
import { nearest } from "../core/nearest";
import type { Observer } from "../core/observer";
import { contentLength, TooSlow } from "./body";
import { branchOf } from "./form";

export const statuses = {
	malformed: [400, "Bad Request"],
	unauthenticated: [401, "Unauthorized"],
	forbidden: [403, "Forbidden"],
	not_found: [404, "Not Found"],
	method_not_allowed: [405, "Method Not Allowed"],
	conflict: [409, "Conflict"],
	gone: [410, "Gone"],
	too_large: [413, "Content Too Large"],
	unsupported_media: [415, "Unsupported Media Type"],
	invalid: [422, "Unprocessable Content"],
	rate_limited: [429, "Too Many Requests"],
	internal: [500, "Internal Server Error"],
	busy: [503, "Service Unavailable"],
	storage_full: [507, "Insufficient Storage"],
} as const satisfies Record<ErrorCode, [status: number, title: string]>;

/** Seconds that a client should wait after `busy`. An error can override them. */
const defaultRetrySeconds = 2;
export const retryAfterOf = ({ retryAfter = defaultRetrySeconds }: AppError["more"]) => String(retryAfter);

export const Problem = Type.Object(
	{
		type: Type.Literal("about:blank"),
		title: Type.String(),
		status: Type.Integer(),
		// Typed by hand: the compiler cannot see the members of a mapped array, and infers an empty union.
		code: Type.Unsafe<ErrorCode>(
			Type.Union(
				Object.keys(statuses).map((code) => Type.Literal(code)),
				{ description: "Stable: branch on it." },
			),
		),
		detail: Type.String({ description: "For people. The text may change." }),
		instance: Type.String({
			description: "The id of the request, as in `X-Request-Id` and in the server's log.",
		}),
		errors: Type.Optional(
			Type.Array(
				Type.Object({
					pointer: Type.String({
						description: "JSON Pointer into the body, or `/` and the name of the query parameter.",
					}),
					detail: Type.String(),
				}),
				{ description: "Every field that is not valid; only with the code `invalid`." },
			),
		),
	},
	{
		$id: "Problem",
		description: "Problem details (RFC 9457)",
		examples: [
			{
				type: "about:blank",
				title: "Not Found",
				status: 404,
				code: "not_found",
				detail: "There is no such post.",
				instance: "019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d",
			},
		],
	},
);

type Respond = (error: AppError, instance: string) => Response;
const responders = new WeakMap<Request, Respond>();

/** Makes `respond` answer the failures of a request, for standards with another error format. */
export const answerFailures = (request: Request, respond: Respond) => responders.set(request, respond);

export type Route = { method: string; path: string };

/**
 * Turns every thrown error into one `application/problem+json` answer, or into the error format of the route.
 * The answer contains neither input nor internal details.
 */
export const problem = ({ routes, observer }: { routes: () => Route[]; observer: Required<Observer> }) =>
	new Elysia({ name: "http.problem" }).onError({ as: "global" }, ({ error, code, set, request, path }) => {
		const instance = String(set.headers["x-request-id"] ?? "");
		// A page cannot read a failed preflight, so it succeeds. The request after it gets the error.
		if (set.headers["access-control-allow-methods"] !== undefined) return new Response(null, { status: 204 });
		if (error instanceof TooSlow || !isShort(request)) set.headers.connection = "close";
		if (code === "NOT_FOUND") {
			const methods = methodsOf(path, routes());
			if (methods.length === 0) return respond(new AppError("not_found", "There is no such address."), instance);
			set.headers.allow = methods.join(", ");
			if (request.method === "OPTIONS") return new Response(null, { status: 204 });
			return respond(new AppError("method_not_allowed", `Allowed methods: ${methods.join(", ")}.`), instance);
		}
		const known = translate(error);
		if (!known) observer.failed(instance, error);
		const answer = responders.get(request) ?? respond;
		return answer(known ?? unexpected(error), instance);
	});

/** The answer to an unexpected error. The caller of this function logs the error. */
export const unexpected = (error: unknown): AppError =>
	systemFailure(error) ?? new AppError("internal", "The server failed to handle this request.");

/** The server skips the rest of a refused body up to this size, in bytes. */
const maxSkipped = 16 * 1024 ** 2;

/**
 * The server skips the rest of a short body: a proxy that is still sending would report a closed connection as a server
 * failure. It closes the connection of a long or endless body.
 */
const isShort = (request: Request) =>
	request.body === null || (contentLength(request) ?? Number.POSITIVE_INFINITY) <= maxSkipped;

type Problems = Record<(typeof statuses)[ErrorCode][0], Static<typeof Problem>>;
/** A route with its own error format declares a schema for the status 400. */
type Failures<Answers> = Answers extends { 400: infer Own } ? { [Status in keyof Problems]: Own } : Problems;
type WithProblems<Routes> = {
	[Key in keyof Routes]: Routes[Key] extends { response: infer Answers }
		? Omit<Routes[Key], "response"> & { response: Omit<Answers, keyof Problems> & Failures<Answers> }
		: WithProblems<Routes[Key]>;
};

/** Puts `Problem` into the types of all routes. Without it, clients would see Elysia's own validation error. */
export const withProblems = <
	Prefix extends string,
	Singleton extends SingletonBase,
	Definitions extends DefinitionBase,
	Metadata extends MetadataBase,
	Routes extends RouteBase,
	Scoped extends EphemeralType,
	Local extends EphemeralType,
>(
	app: Elysia<Prefix, Singleton, Definitions, Metadata, Routes, Scoped, Local>,
) => app as unknown as Elysia<Prefix, Singleton, Definitions, Metadata, WithProblems<Routes>, Scoped, Local>;

/** Makes the answer to an error; `instance` is the id of the request. */
export function respond({ code, detail, more }: AppError, instance: string): Response {
	const { errors } = more;
	const [status, title] = statuses[code];
	const headers: Record<string, string> = {
		"content-type": "application/problem+json",
	};
	if (code === "unauthenticated") headers["www-authenticate"] = 'Bearer realm="minifeed"';
	if (code === "busy") headers["retry-after"] = retryAfterOf(more);
	return Response.json({ type: "about:blank", title, status, code, detail, instance, errors }, { status, headers });
}

function translate(error: unknown): AppError | null {
	if (error instanceof AppError) return error;
	if (!(error instanceof ValidationError)) return null;
	if (error.type === "params") return new AppError("not_found", "There is no such address.");
	// A response that does not match its schema is a bug of the server.
	if (error.type === "response") return null;
	return new AppError("invalid", "Some fields are not valid.", { errors: brokenRules(error) });
}

/** Maximum field errors of one answer: a hostile body could have one for each byte. */
const maxErrors = 32;

/** The first error of each field. It contains names of fields, never values. */
function brokenRules(error: ValidationError): FieldError[] {
	const found = new Map<string, string>();
	const validator = error.validator as { schema: TSchema };
	for (const broken of Value.Errors(branchOf(validator.schema, error.value), error.value)) {
		const { pointer, detail } = rule(broken);
		if (!found.has(pointer)) found.set(pointer, detail);
		if (found.size >= maxErrors) break;
	}
	return [...found].map(([pointer, detail]) => ({ pointer, detail }));
}

/** Maximum characters of an unknown field's name in an answer. Known names have at most 16. */
const maxNameLength = 64;

function rule({ type, schema, value, path }: ValueError): FieldError {
	if (type === ValueErrorType.ObjectAdditionalProperties) return unknownField(path, schema);
	return { pointer: path, detail: brokenRule({ type, schema, value }) };
}

function unknownField(pointer: string, { properties }: TSchema): FieldError {
	const end = pointer.lastIndexOf("/");
	const name = pointer.slice(end + 1); // a name with "/" or "~" is escaped, so it matches no known field
	if (name.length > maxNameLength)
		return { pointer: pointer.slice(0, end), detail: "Has an unknown field with a long name." };
	const meant = nearest(name, Object.keys(properties));
	return { pointer, detail: `There is no such field${meant ? `; did you mean ${meant}?` : "."}` };
}

function brokenRule({ type, schema, value }: Pick<ValueError, "type" | "schema" | "value">): string {
	if (type === ValueErrorType.ObjectRequiredProperty || value === undefined) return "Is required.";
	if (type === ValueErrorType.Object) return "Must be an object.";
	if (value instanceof Blob) return "Must be text, not a file.";
	const choices = schema.anyOf?.map((option: { const?: unknown }) => option.const).filter(Boolean);
	if (choices?.length > 0) return `Must be one of ${choices.join(", ")}.`;
	return schema.description ? `Must be ${schema.description}.` : "Is not valid.";
}

/** The methods of a path, sorted for the `Allow` header. Empty for an unknown path. */
function methodsOf(path: string, routes: Route[]): string[] {
	const split = (path: string) => path.replace(/(?<=[^/])\/$/, "").split("/"); // a trailing slash is optional
	const segments = split(path);
	const fits = (pattern: string) => {
		const expected = split(pattern);
		return (
			expected.length === segments.length &&
			expected.every((part, i) => (part.startsWith(":") ? segments[i] !== "" : part === segments[i]))
		);
	};
	const methods = new Set(routes.filter((route) => fits(route.path)).map(({ method }) => method));
	if (methods.has("GET")) methods.add("HEAD");
	if (methods.size > 0) methods.add("OPTIONS");
	return [...methods].sort();
}
