import type { ErrorCode } from "../../core/errors";
import { json } from "../body";
import { multipart, pictureTypes } from "../form";
import { statuses as problems } from "../problem";

/** The part of JSON Schema that our models use. */
export type Schema = {
	$id?: string;
	$ref?: string;
	type?: string;
	format?: string;
	description?: string;
	properties?: Record<string, Schema>;
	required?: string[];
	items?: Schema;
	anyOf?: Schema[];
	enum?: unknown[];
	const?: unknown;
	default?: unknown;
	examples?: unknown[];
	noValidate?: boolean;
	additionalProperties?: boolean;
	/** True when an unknown field is an error. */
	isStrict?: boolean;
	contentMediaType?: string;
	/** Set for a body whose JSON and form differ. */
	json?: Schema;
	form?: Schema;
};
type Schemas = Record<string, Schema>;

type Media = { schema: Schema; example?: unknown; encoding?: object };
export type Content = Record<string, Media>;
type Parameter = {
	in: "path" | "query" | "header";
	name: string;
	required?: boolean;
	description?: string;
	examples?: unknown[];
	schema: Schema;
};
type Operation = {
	tags?: string[];
	"x-accepts"?: string[];
	"x-limited"?: boolean;
	/** True when the operation refuses personal access tokens. */
	"x-session"?: boolean;
	description?: string;
	"x-headers"?: Record<string, Header[]>;
	security?: object[];
	parameters?: Parameter[];
	requestBody?: { content: Content };
	responses?: Record<string, { content?: Content }>;
};
type Paths = Record<string, Record<string, Operation>>;
/** The document that @elysiajs/swagger makes of the routes. */
export type Collected = { tags: { name: string }[]; paths: Paths; components: { schemas: Schemas } };

const successes: Record<number, string> = {
	200: "Success",
	201: "Created",
	202: "Started",
	204: "Success, without a body",
	206: "The requested range",
	304: "Not modified: use your cached copy",
};
/** Statuses that Bun answers by itself, without a problem. */
const silent: Record<number, string> = {
	416: "The requested range begins after the end of the file; the answer has no body",
};
const failures: Record<ErrorCode, string> = {
	malformed: "The request or its body cannot be read",
	unauthenticated: "The credentials are missing or not valid",
	forbidden: "The caller may not do this",
	not_found: "It does not exist, or the caller may not see it",
	method_not_allowed: "The path has other methods",
	conflict: "Another account has this already, or the state does not allow it",
	gone: "The link was used already, or has expired",
	too_large: "The body is too large",
	unsupported_media: "The media type of the body is not supported",
	invalid: "Some fields are not valid",
	rate_limited: "The caller is over a rate limit",
	internal: "The server failed",
	busy: "The server is too busy, in maintenance, has a wrong clock, or is shutting down",
	storage_full: "The disk is full or nearly full",
};

const problem = "#/components/schemas/Problem";

const header = (description: string, schema: object = { type: "string" }) => ({ description, schema });
const headers = {
	"X-Request-Id": header("The id of the request, as in the server's log", { type: "string", format: "uuid" }),
	Location: header("The address of the created resource", { type: "string", format: "uri-reference" }),
	Link: header('The next page, rel="next" (RFC 8288); absent on the last page'),
	"WWW-Authenticate": header("The scheme to use: Bearer, or for OAuth2 clients Basic"),
	"Retry-After": header("Seconds to wait", { type: "integer" }),
	"RateLimit-Policy": header('The rate limits of this call: q requests in w seconds, such as "post";q=200;w=3600'),
	RateLimit: header(
		'The rate limit with the least left: r requests now, all again in t seconds, such as "post";r=199;t=18',
	),
	ETag: header("The version of the answer, for If-None-Match"),
	"Cache-Control": header("The caches that may store the answer, and for how long"),
	Vary: header("The request headers that the answer depends on"),
	"Content-Disposition": header("inline or attachment, and the file name"),
	"Accept-Ranges": header("The unit of Range, which is bytes"),
	"Content-Range": header("The range of bytes in this answer, and the size of the whole file"),
};
/** Headers that an answer may have. A route declares its own in `x-headers`, by status. */
export type Header = keyof typeof headers;
const failureHeaders: Partial<Record<ErrorCode, Header[]>> = {
	unauthenticated: ["WWW-Authenticate"],
	rate_limited: ["Retry-After", "RateLimit-Policy", "RateLimit"],
	busy: ["Retry-After"],
};

/**
 * Turns what @elysiajs/swagger collects from the routes into a valid OpenAPI 3.1 document for linters and generators.
 * Schemas of 3.1 are JSON Schema, so `null`, `const` and `examples` are the same as in TypeBox.
 */
export function finish({ paths, components, ...document }: Collected): Record<string, unknown> {
	const schemas = mapValues(components.schemas, (schema) => tidy(schema, true));
	return {
		...document,
		openapi: "3.1.0",
		paths: mapValues(byTag(paths, document.tags), (operations, path) =>
			mapValues(operations, (operation, method) =>
				finishOperation(operation, statusesOf(operation, method), hasItems(path, paths), schemas),
			),
		),
		components: { ...components, schemas, responses: failuresOf(paths, schemas), headers },
	};
}

/** Sorts the paths by the order of the tags, so that the document does not depend on the order of the wiring. */
function byTag(paths: Paths, tags: { name: string }[]): Paths {
	const names = tags.map(({ name }) => name);
	const rank = (operations: Paths[string]) => names.indexOf(Object.values(operations)[0]?.tags?.[0] ?? "");
	return Object.fromEntries(Object.entries(paths).sort(([, a], [, b]) => rank(a) - rank(b)));
}

/** With `located`, a created resource has its own address, which the answer gives in `Location`. */
function finishOperation(operation: Operation, statuses: number[], located: boolean, schemas: Schemas) {
	const {
		"x-accepts": accepts,
		"x-limited": limited,
		"x-headers": own,
		"x-session": needsSession,
		description,
		parameters = [],
		requestBody,
		responses,
		security = [],
		...rest
	} = operation;
	const described = [description, needsSession && "Needs a session: a personal access token gets 403."].filter(Boolean);
	return {
		...rest,
		...(described.length > 0 && { description: described.join(" ") }),
		security,
		...(parameters.length > 0 && { parameters: parameters.map(finishParameter) }),
		...(accepts && { requestBody: finishBody(accepts, requestBody?.content, schemas) }),
		responses: Object.fromEntries(
			statuses.map((status) => [
				status,
				isProblem(status) && !hasOwnFailures(operation)
					? { $ref: `#/components/responses/${problemOf(status).name}` }
					: answer(status, responses?.[status]?.content, { located, limited, own: own?.[status] }, schemas),
			]),
		),
	};
}

/** True for operations whose failures follow another standard. Their routes declare every failure. */
const hasOwnFailures = ({ responses = {} }: Operation) =>
	Object.entries(responses).some(
		([status, { content }]) => isProblem(Number(status)) && schemaOf(content)?.$ref !== problem,
	);

/** The declared statuses of a route, and those that its kind of route adds. */
function statusesOf(operation: Operation, method: string): number[] {
	const { responses, parameters, security, "x-accepts": accepts, "x-limited": limited } = operation;
	// A status that has only headers counts too, such as 304, which is not among the response types.
	const declared = Object.keys({ ...responses, ...operation["x-headers"] }).map(Number);
	if (hasOwnFailures(operation)) return declared;
	const statuses = new Set([...declared, 400, 500, 503]);
	if (limited !== false) statuses.add(429);
	if (security?.length) statuses.add(401);
	if (accepts) for (const status of [413, 415, 422]) statuses.add(status);
	if (parameters?.some((parameter) => parameter.in === "query" && !isAnyText(parameter.schema))) statuses.add(422);
	if (method !== "get") statuses.add(507);
	return [...statuses];
}

const isProblem = (status: number) => status >= 400 && !(status in silent);

/** Every URL value is text, so a parameter without further rules cannot be invalid. */
const isAnyText = ({ type, description: _, examples: __, ...rules }: Schema) =>
	type === "string" && Object.keys(rules).length === 0;

function finishParameter({ examples, required, schema, ...parameter }: Parameter) {
	return {
		...parameter,
		// A parameter with a default is optional, although its schema lists it as required.
		required: parameter.in === "path" || (required === true && schema.default === undefined),
		schema: tidy(schema),
		...(examples && { example: examples[0] }),
	};
}

function finishBody(types: string[], content: Content | undefined, schemas: Schemas) {
	return {
		required: true,
		content: Object.fromEntries(types.map((type) => [type, mediaOf(type, content, schemas)])),
	};
}

type Told = { located: boolean; limited: boolean | undefined; own: Header[] | undefined };

function answer(status: number, content: Content | undefined, { located, limited, own = [] }: Told, schemas: Schemas) {
	const known = successes[status] ?? silent[status];
	const more = [...own];
	if (limited && status < 300) more.push("RateLimit-Policy", "RateLimit");
	if (!content) return { description: known, headers: withId(more) };
	const type = schemaOf(content)?.contentMediaType ?? json;
	const media = mediaOf(type, content, schemas);
	const description = known ?? resolve(media.schema, schemas).description;
	if (status === 201 && located) more.push("Location");
	if (resolve(media.schema, schemas).properties?.next_cursor) more.push("Link");
	return { description, headers: withId(more), content: { [type]: media } };
}

/** The failure responses that operations refer to, by name. */
function failuresOf(paths: Paths, schemas: Schemas) {
	const schema = { $ref: problem };
	const used = Object.values(paths).flatMap((operations) =>
		Object.entries(operations).flatMap(([method, operation]) => statusesOf(operation, method)),
	);
	const answers: Record<string, object> = {};
	for (const status of [...new Set(used)].sort()) {
		if (!isProblem(status)) continue;
		const { code, title, name } = problemOf(status);
		const errors = code === "invalid" ? [{ pointer: "/username", detail: "Is required." }] : undefined;
		const common = sample(schema, schemas) as object;
		const example = { ...common, title, status, code, detail: `${failures[code]}.`, errors };
		answers[name] = {
			description: failures[code],
			headers: withId(failureHeaders[code]),
			content: { "application/problem+json": { schema, example } },
		};
	}
	return answers;
}

/** Description of a problem, and its component name: the title without spaces. */
function problemOf(status: number) {
	for (const [code, [known, title]] of Object.entries(problems))
		if (known === status) return { code: code as ErrorCode, title, name: title.replaceAll(" ", "") };
	throw new Error(`No problem has the status ${status}.`);
}

const withId = (names: Header[] = []) =>
	Object.fromEntries(["X-Request-Id", ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** True when the items below a path have addresses of their own, as with /posts/ and /posts/{post_id}. */
const hasItems = (path: string, paths: Paths) =>
	Object.entries(paths).some(
		([other, { get }]) => get && /^\{\w+\}$/.test(other.slice(path.length)) && other.startsWith(path),
	);

/** The collector repeats one schema for every media type. `x-accepts` has the real types. */
const schemaOf = (content: Content | undefined): Schema | undefined => Object.values(content ?? {})[0]?.schema;

function mediaOf(type: string, content: Content | undefined, schemas: Schemas): Media {
	const given = schemaOf(content) ?? {};
	const schema = tidy((type === multipart ? given.form : given.json) ?? given);
	if (schema.format === "binary") return { schema };
	if (type !== multipart) return { schema, example: sample(schema, schemas) };
	// A file has no example.
	const files = Object.entries(resolve(schema, schemas).properties ?? {}).filter(
		([, { format }]) => format === "binary",
	);
	return { schema, encoding: Object.fromEntries(files.map(([name]) => [name, { contentType: pictureTypes }])) };
}

/** Removes internal fields of TypeBox and Elysia, and refers to named schemas instead of repeating them. */
function tidy(given: Schema, named = false): Schema {
	// Elysia writes `additionalProperties` into the schemas of a route when it is first called.
	const { $id, noValidate: _, additionalProperties: __, isStrict, properties, items, anyOf, ...schema } = given;
	if ($id && !named) return { $ref: `#/components/schemas/${$id}` };
	// OpenAPI calls a union of literals an enum.
	const literals = anyOf?.map((option) => option.const);
	if (literals?.every((literal) => typeof literal === "string")) return { ...schema, type: "string", enum: literals };
	return {
		...schema,
		...(properties && { properties: mapValues(properties, (property) => tidy(property)) }),
		...(isStrict && { additionalProperties: false }),
		...(items && { items: tidy(items) }),
		...(anyOf && { anyOf: anyOf.map((option) => tidy(option)) }),
	};
}

/** An example of a schema, built from the examples of its parts. */
function sample(given: Schema, schemas: Schemas): unknown {
	const schema = resolve(given, schemas);
	if (schema.examples) return schema.examples[0];
	if (schema.const !== undefined) return schema.const;
	if (schema.default !== undefined) return schema.default;
	if (schema.enum) return schema.enum[0];
	if (schema.anyOf)
		return schema.anyOf.some(({ type }) => type === "null") ? null : sample(schema.anyOf[0] ?? {}, schemas);
	if (schema.items) return [sample(schema.items, schemas)];
	if (schema.properties) return mapValues(schema.properties, (property) => sample(property, schemas));
	return { integer: 1, boolean: true, string: "text" }[schema.type ?? ""];
}

const resolve = (schema: Schema, schemas: Schemas): Schema =>
	(schema.$ref && schemas[schema.$ref.split("/").at(-1) ?? ""]) || schema;

export const mapValues = <In, Out>(
	object: Record<string, In>,
	map: (value: In, key: string) => Out,
): Record<string, Out> => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
