import { readFileSync } from "node:fs";
import { join } from "node:path";
import { form, json } from "../body";
import type { Schema } from "./openapi";

type Parameter = { in: string; name: string; required?: boolean; description?: string; schema: Schema };
type Operation = {
	operationId: string;
	summary: string;
	tags: string[];
	security: object[];
	parameters?: Parameter[];
	requestBody?: { content: Record<string, { schema: Schema }> };
	responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
};
/** The part of an OpenAPI document that the client generator reads. */
export type Document = {
	info: { title: string; version: string };
	paths: Record<string, Record<string, Operation>>;
	components: { schemas: Record<string, Schema> };
};

const runtimeModule = readFileSync(join(import.meta.dir, "client-runtime.ts"), "utf8");
const runtime = runtimeModule.slice(runtimeModule.indexOf("export type"));

/** Generates a TypeScript client in one module without imports: types, and a method for each operation. */
export function client({ info, paths, components }: Document): string {
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods)
			.map(([method, operation]) => ({ ...operation, path, method }))
			.filter(isJson),
	);
	const page = operations.map(queryOf).find((query) => query.some(isOfPage));
	const types = [
		...schemasOf(operations, components.schemas).map(([name, schema]) =>
			declaration(name, typeOf(schema), schema.description),
		),
		...(page ? [declaration("PageQuery", fields(page.filter(isOfPage)), "The page parameters of every list")] : []),
		...operations.filter((operation) => ownQueryOf(operation).length > 0).map(queryType),
	];
	const methods = operations.map((operation, i) => {
		const tag = operation.tags[0] ?? "";
		return (tag === operations[i - 1]?.tags[0] ? "" : `\n\t// ${oneLine(tag)}\n\n`) + methodOf(operation);
	});
	return `${header(info)}
${runtime}
const operations = (call: Call) => ({${methods.join("")}});

${types.join("\n")}`;
}

const header = ({ title, version }: Document["info"]) => `/**
 * ${comment(`${title} ${version}`)}: a client for browsers, Bun, Node and Deno without dependencies.
 * The server made this file from its own API. Do not change it; fetch it again:
 *
 *     curl -O http://localhost:8000/client.ts
 *
 * It has one method for each call, with the types of the request and the response:
 *
 *     const api = createClient({ baseUrl: "http://localhost:8000" });
 *     await api.login({ username: "ada", password: "correct horse battery" });
 *     const post = await api.createPost({ content: "Hello, world" });
 *     for await (const found of all((page) => api.getPosts({ q: "tea", ...page }))) console.log(found.content);
 *
 * A picture is a Blob, such as a file from an <input>, and null removes it. An <img> fetches it without a token:
 *
 *     const { image } = await api.createPost({ image: input.files[0], image_alt: "A cat asleep" });
 *     img.src = baseUrl + image.url;
 *
 * A failed call throws an ApiError, whose \`code\` gives the reason. The last argument of a method may be \`{ signal }\`.
 *
 * After register or login the client is signed in, and sends the access token with the calls that use it. When the token
 * has expired, the client refreshes it, once for all waiting calls, and repeats them. To stay signed in after the page is
 * closed, pass a store for the session; tabs that share a store share the session:
 *
 *     const store = {
 *       get: () => JSON.parse(localStorage.getItem("session") ?? "null"),
 *       set: (session) => localStorage.setItem("session", JSON.stringify(session)),
 *     };
 *     const api = createClient({ baseUrl: "", store });
 */
`;

const declaration = (name: string, type: string, description?: string) =>
	`${doc(description)}export type ${identifier(name)} = ${type};\n`;

function methodOf(operation: Operation & { path: string; method: string }): string {
	const { operationId, summary, security, parameters = [], requestBody, path, method } = operation;
	const given: string[] = [];
	const parts: string[] = [];
	if (security.length > 0) parts.push("auth: true");
	for (const { name, schema } of parameters.filter((parameter) => parameter.in === "path"))
		given.push(`${identifier(name)}: ${typeOf(schema)}`);
	const bodies = Object.values(requestBody?.content ?? {}).map(({ schema }) => typeOf(schema));
	if (bodies.length > 0) {
		given.push(`body: ${[...new Set(bodies)].join(" | ")}`);
		parts.push("body");
	}
	const query = queryOf(operation);
	if (query.length > 0) {
		const optional = query.some(({ required }) => required) ? "" : "?";
		given.push(`query${optional}: ${queryName(operation)}`);
		parts.push("query");
	}
	const answer = Object.values(contentOf(operation))[0];
	const name = `${property(operationId)}: (${[...given, "options?: CallOptions"].join(", ")}) =>`;
	const sent = parts.length > 0 ? `{ ${[...parts, "...options"].join(", ")} }` : "options";
	const call = `call<${answer ? typeOf(answer.schema) : "void"}>("${method.toUpperCase()}", ${urlOf(path)}, ${sent}),`;
	const space = name.length + call.length < 118 ? " " : "\n\t\t"; // as a formatter would have it
	return `${doc(`${summary}.`, "\t")}\t${name}${space}${call}\n`;
}

/** False for calls that take forms only, which are for OAuth2 clients, and for files, which an <img> fetches. */
const isJson = (operation: Operation) =>
	Object.keys(operation.requestBody?.content ?? {}).join() !== form &&
	Object.keys(contentOf(operation)).every((type) => type === json);

/** The schemas that the operations use, directly or indirectly. Problem is the only schema of failures. */
function schemasOf(operations: Operation[], schemas: Document["components"]["schemas"]) {
	const named = new Set(["Problem"]);
	const visit = (given: unknown) => {
		for (const [, name = ""] of JSON.stringify(given).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
			if (named.has(name)) continue;
			named.add(name);
			visit(schemas[name]);
		}
	};
	visit(operations);
	return Object.entries(schemas).filter(([name]) => named.has(name));
}

const contentOf = ({ responses }: Operation) =>
	Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1].content ?? {};

function urlOf(path: string): string {
	const pieces = path.split(/\{([^{}]*)\}/);
	if (pieces.length === 1) return literal(path);
	const parts = pieces.map((piece, i) => (i % 2 ? `\${part(${identifier(piece)})}` : piece.replace(/[\\`$]/g, "\\$&")));
	return `\`${parts.join("")}\``;
}

const queryOf = ({ parameters = [] }: Operation) => parameters.filter((parameter) => parameter.in === "query");
const isOfPage = ({ name }: Parameter) => name === "limit" || name === "cursor";
const ownQueryOf = (operation: Operation) => queryOf(operation).filter((parameter) => !isOfPage(parameter));

/** Lists without other parameters share one type. */
const queryName = (operation: Operation) =>
	ownQueryOf(operation).length === 0 ? "PageQuery" : `${upperFirst(identifier(operation.operationId))}Query`;

function queryType(operation: Operation): string {
	const own = ownQueryOf(operation);
	const paged = own.length < queryOf(operation).length;
	return declaration(queryName(operation), `${paged ? "PageQuery & " : ""}${fields(own)}`);
}

const fields = (parameters: Parameter[]) =>
	objectOf(
		Object.fromEntries(parameters.map(({ name, schema, description }) => [name, { description, ...schema }])),
		parameters.filter(({ required }) => required).map(({ name }) => name),
	);

function typeOf(schema: Schema, indent = ""): string {
	const { $ref, type, enum: choices, anyOf, items, properties, format } = schema;
	if ($ref) return identifier($ref.split("/").at(-1) ?? "");
	if (schema.const !== undefined) return literal(schema.const);
	const options = anyOf?.map((option) => typeOf(option, indent)) ?? choices?.map(literal);
	if (options) return unionOf(options, indent);
	if (items) return `Array<${typeOf(items, indent)}>`.replace(/^Array<(\w+)>$/, "$1[]");
	if (properties) return objectOf(properties, schema.required ?? [], indent);
	if (format === "binary") return "Blob";
	return simple[type ?? ""] ?? "unknown";
}
const simple: Record<string, string> = {
	string: "string",
	integer: "number",
	number: "number",
	boolean: "boolean",
	null: "null",
};

const unionOf = (types: string[], indent: string) =>
	types.join(" | ").length < 80 ? types.join(" | ") : types.map((type) => `\n${indent}\t| ${type}`).join("");

function objectOf(properties: Record<string, Schema>, required: string[], indent = ""): string {
	const inner = `${indent}\t`;
	const lines = Object.entries(properties).map(([name, schema]) => {
		const key = `${property(name)}${required.includes(name) ? "" : "?"}:`;
		const type = typeOf(schema, inner);
		return `${doc(describe(schema), inner)}${inner}${key}${type.startsWith("\n") ? "" : " "}${type};\n`;
	});
	return `{\n${lines.join("")}${indent}}`;
}

/** Describes a value beyond its type. */
function describe({ description, format, anyOf, default: usual }: Schema): string | undefined {
	const meaning = description ?? anyOf?.map(describe).find(Boolean) ?? format;
	return usual === undefined ? meaning : `${meaning}; default ${literal(usual)}`;
}

const doc = (text: string | undefined, indent = "") => (text ? `${indent}/** ${comment(text)} */\n` : "");
const oneLine = (text: string) => text.replace(/\s+/g, " ");
const comment = (text: string) => oneLine(text).replaceAll("*/", "*\\/");

const literal = (value: unknown) => JSON.stringify(value);
const property = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name));

/** Reserved names of arguments: keywords of the language, and names that the methods use. */
const reserved = new Set(
	(
		"await break case catch class const continue debugger default delete do else enum export extends false finally for " +
		"function if implements import in instanceof interface let new null package private protected public return static " +
		"super switch this throw true try typeof var void while with yield arguments eval body call options part query"
	).split(" "),
);

/** A name for a type or an argument. */
function identifier(name: string): string {
	const safe = name.replace(/[^\w$]/g, "_").replace(/^(?=\d|$)/, "_");
	return reserved.has(safe) ? `${safe}_` : safe;
}

const upperFirst = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);
