import { statuses as problems } from "./problem";

/**
 * Turns what @elysiajs/swagger collects from the routes into a document that linters and generators take as it is:
 * OpenAPI 3.1, whose schemas are JSON Schema and so say `null`, `const` and `examples` the way TypeBox does.
 * A pure function of the document.
 */

type Json = Record<string, any>;

/** What TypeBox and Elysia keep in schemas for themselves. */
const internal = new Set(["$id", "noValidate", "elysiaMeta"]);

const problem = { $ref: "#/components/schemas/Problem" };

/** What any operation may answer, and those with credentials, a body or parameters. Routes declare the rest. */
const anyOperation = [400, 500, 503];
const withSecurity = [401];
const withBody = [413, 415, 422];
const withQuery = [422];
const withStorage = [507];

const descriptions: Record<string, string> = {
	200: "Done",
	201: "Made",
	204: "Done; there is nothing to say",
	400: "The request or its body cannot be read",
	401: "The credentials are missing or do not hold",
	403: "The caller may not do this",
	404: "There is no such thing, or the caller may not see it",
	409: "Somebody else has it already",
	413: "The body is too large",
	415: "The body is of a kind that is not taken here",
	422: "A field breaks a rule; `errors` names every one",
	500: "Our fault",
	503: "Too busy, or shutting down",
	507: "The disk is full",
};

export function finish(document: Json): Json {
	const schemas: Json = {};
	for (const [name, schema] of Object.entries<Json>(document.components.schemas)) schemas[name] = tidy(schema, true);
	const paths: Json = {};
	for (const [path, item] of Object.entries<Json>(document.paths)) {
		paths[path] = {};
		for (const [method, operation] of Object.entries<Json>(item))
			paths[path][method] = finishOperation(operation, method, schemas);
	}
	return {
		...document,
		openapi: "3.1.0",
		paths,
		components: { ...document.components, schemas },
	};
}

function finishOperation(operation: Json, method: string, schemas: Json): Json {
	const { "x-accepts": accepts, parameters = [], requestBody, responses, security = [], ...rest } = operation;
	const finished: Json = { ...rest, security };
	if (parameters.length > 0) finished.parameters = parameters.map((parameter: Json) => finishParameter(parameter));
	if (accepts) {
		const schema = tidy(Object.values<Json>(requestBody.content)[0]?.schema);
		const media = { schema, example: sample(schema, schemas) };
		finished.requestBody = {
			required: true,
			content: Object.fromEntries(accepts.map((type: string) => [type, media])),
		};
	}

	const statuses = new Set([...Object.keys(responses).map(Number), ...anyOperation]);
	const add = (some: number[]) => {
		for (const status of some) statuses.add(status);
	};
	if (security.length > 0) add(withSecurity);
	if (accepts) add(withBody);
	if (parameters.some((parameter: Json) => parameter.in === "query")) add(withQuery);
	if (method !== "get") add(withStorage);
	finished.responses = {};
	for (const status of [...statuses].sort())
		finished.responses[status] = finishResponse(status, responses[status], schemas);
	return finished;
}

function finishParameter({ examples: _, ...parameter }: Json): Json {
	const { description, ...schema } = tidy(parameter.schema);
	return {
		...parameter,
		...(description ? { description } : {}),
		// A default makes a parameter optional, whatever the schema's list of required properties says.
		required: parameter.in === "path" || (parameter.required === true && schema.default === undefined),
		schema,
	};
}

function finishResponse(status: number, response: Json | undefined, schemas: Json): Json {
	const finished: Json = {
		description: descriptions[status],
		headers: {
			"X-Request-Id": {
				description: "The id of the request, as in the log",
				schema: { type: "string" },
			},
		},
	};
	if (status >= 400) {
		if (status === 401) finished.headers["WWW-Authenticate"] = { schema: { type: "string" } };
		if (status === 503)
			finished.headers["Retry-After"] = {
				description: "Seconds",
				schema: { type: "string" },
			};
		finished.content = {
			"application/problem+json": {
				schema: problem,
				example: sampleProblem(status, schemas),
			},
		};
		return finished;
	}
	const schema = tidy(Object.values<Json>(response?.content ?? {})[0]?.schema ?? {});
	if (status === 204) return finished;
	if (status === 201)
		finished.headers.Location = {
			description: "Where what was made is",
			schema: { type: "string" },
		};
	if (resolve(schema, schemas).properties?.next_cursor)
		finished.headers.Link = {
			description: 'The next page, rel="next"',
			schema: { type: "string" },
		};
	finished.content = {
		"application/json": { schema, example: sample(schema, schemas) },
	};
	return finished;
}

/** Leaves out what is internal, and refers to named schemas instead of repeating them. */
function tidy(schema: any, top = false): any {
	if (Array.isArray(schema)) return schema.map((item) => tidy(item));
	if (schema === null || typeof schema !== "object") return schema;
	if (schema.$id && !top) return { $ref: schema.$id };
	const tidied: Json = {};
	for (const [key, value] of Object.entries(schema)) {
		if (internal.has(key)) continue;
		tidied[key] = key === "properties" ? mapValues(value as Json, (property) => tidy(property)) : tidy(value);
	}
	// A union of literals is what everybody else calls an enum.
	const literals = tidied.anyOf?.map((option: Json) => option.const);
	if (literals?.length > 0 && literals.every((literal: unknown) => typeof literal === "string")) {
		delete tidied.anyOf;
		return { ...tidied, type: "string", enum: literals };
	}
	return tidied;
}

/** An example of a schema, put together from the examples of its parts. */
function sample(given: Json, schemas: Json): unknown {
	const schema = resolve(given, schemas);
	if (schema.examples) return schema.examples[0];
	if (schema.const !== undefined) return schema.const;
	if (schema.default !== undefined) return schema.default;
	if (schema.enum) return schema.enum[0];
	if (schema.anyOf)
		return schema.anyOf.some((option: Json) => option.type === "null") ? null : sample(schema.anyOf[0], schemas);
	if (schema.type === "object") return mapValues(schema.properties ?? {}, (property) => sample(property, schemas));
	if (schema.type === "array") return [sample(schema.items, schemas)];
	return { integer: 1, boolean: true, string: "text" }[schema.type as string];
}

function sampleProblem(status: number, schemas: Json): Json {
	const example = sample(problem, schemas) as Json;
	const [code, [, title]] = Object.entries(problems).find(([, [known]]) => known === status) ?? ["", [0, ""]];
	return { ...example, title, status, code, detail: descriptions[status] };
}

const resolve = (schema: Json, schemas: Json): Json =>
	typeof schema.$ref === "string" ? (schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {}) : schema;

const mapValues = (object: Json, map: (value: any) => unknown): Json =>
	Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
