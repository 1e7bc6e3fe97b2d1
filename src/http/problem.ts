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

/** Seconds that a client should wait after `busy`, unless the error says another time. */
const defaultRetrySeconds = 2;
export const retryAfterOf = ({ retryAfter = defaultRetrySeconds }: AppError["more"]) => String(retryAfter);

export const Problem = Type.Object(
	{
		type: Type.Literal("about:blank"),
		title: Type.String(),
		status: Type.Integer(),
		// The compiler cannot count the options of a mapped list, and would take it for a union of none.
		code: Type.Unsafe<ErrorCode>(
			Type.Union(
				Object.keys(statuses).map((code) => Type.Literal(code)),
				{ description: "Stable: programs branch on it." },
			),
		),
		detail: Type.String({ description: "For people; it may change." }),
		instance: Type.String({
			description: "The id of the request, as in X-Request-Id and in the log.",
		}),
		errors: Type.Optional(
			Type.Array(
				Type.Object({
					pointer: Type.String({
						description: "JSON Pointer into the body, or / and the name of the parameter.",
					}),
					detail: Type.String(),
				}),
				{ description: "Every broken rule; only with `invalid`." },
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

/** From here on the failures of a request are answered by `respond`: where a standard wants them in another form than ours. */
export const answerFailures = (request: Request, respond: Respond) => responders.set(request, respond);

export type Route = { method: string; path: string };

/**
 * Turns whatever is thrown, by us or by Elysia, into one `application/problem+json` answer, or into what the route has in
 * its place. Nothing of the input and nothing of the inside goes out with it.
 */
export const problem = ({ routes, observer }: { routes: () => Route[]; observer: Required<Observer> }) =>
	new Elysia({ name: "http.problem" }).onError({ as: "global" }, ({ error, code, set, request, path }) => {
		const instance = String(set.headers["x-request-id"] ?? "");
		// A failed preflight tells a page nothing: the request behind it will say what is wrong.
		if (set.headers["access-control-allow-methods"] !== undefined) return new Response(null, { status: 204 });
		if (error instanceof TooSlow || !isShort(request)) set.headers.connection = "close";
		if (code === "NOT_FOUND") {
			const methods = methodsOf(path, routes());
			if (methods.length === 0) return respond(new AppError("not_found", "There is no such address."), instance);
			set.headers.allow = methods.join(", ");
			if (request.method === "OPTIONS") return new Response(null, { status: 204 });
			return respond(new AppError("method_not_allowed", `Here are only ${methods.join(", ")}.`), instance);
		}
		const known = translate(error);
		if (!known) observer.failed(instance, error);
		const answer = responders.get(request) ?? respond;
		return answer(known ?? unexpected(error), instance);
	});

/** The answer to an error that no rule of the API explains. The caller logs the error itself. */
export const unexpected = (error: unknown): AppError =>
	systemFailure(error) ?? new AppError("internal", "Something broke on our side.");

/** The rest of a refused body up to this many bytes is skipped. */
const maxSkipped = 16 * 1024 ** 2;

/**
 * A body that may never end would keep its socket, so the server closes the connection. It skips the rest of a body of known
 * length: a proxy that is still sending would report a closed connection as a broken server.
 */
const isShort = (request: Request) =>
	request.body === null || (contentLength(request) ?? Number.POSITIVE_INFINITY) <= maxSkipped;

type Problems = Record<(typeof statuses)[ErrorCode][0], Static<typeof Problem>>;
/** A route that answers failures in a way of its own declares what becomes of a bad request. */
type Failures<Answers> = Answers extends { 400: infer Own } ? { [Status in keyof Problems]: Own } : Problems;
type WithProblems<Routes> = {
	[Key in keyof Routes]: Routes[Key] extends { response: infer Answers }
		? Omit<Routes[Key], "response"> & { response: Omit<Answers, keyof Problems> & Failures<Answers> }
		: WithProblems<Routes[Key]>;
};

/** Tells the compiler what `problem` does: it would take Elysia's own answer to a broken rule for ours. */
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

/** An error as the answer it gives; `instance` is the id of the request. */
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
	// A response that breaks its own schema is our bug, never the caller's.
	if (error.type === "response") return null;
	return new AppError("invalid", "Some fields are not valid.", { errors: brokenRules(error) });
}

/** Tells at most this many of them: a hostile body could break one a byte. */
const maxErrors = 32;

/** The first broken rule of each field. Reads the schema and the names of fields, never a value. */
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

/** Characters of the name of an unknown field that an answer repeats. Ours have 16 at most. */
const maxNameLength = 64;

function rule({ type, schema, value, path }: ValueError): FieldError {
	if (type === ValueErrorType.ObjectAdditionalProperties) return unknownField(path, schema);
	return { pointer: path, detail: brokenRule({ type, schema, value }) };
}

function unknownField(pointer: string, { properties }: TSchema): FieldError {
	const end = pointer.lastIndexOf("/");
	const name = pointer.slice(end + 1); // a name with "/" or "~" is escaped, and like none of ours
	if (name.length > maxNameLength)
		return { pointer: pointer.slice(0, end), detail: "Has a field with a long name that does not exist." };
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

/** The methods that a path answers to, in the order in which `Allow` should name them; empty where there is none. */
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
