import { form, json } from "../body";
import { multipart } from "../form";
import { type Content, mapValues, type Schema } from "./openapi";

type Operation = { operationId: string; summary: string; requestBody?: { description?: string; content: Content } };
type Operations = Record<string, Operation>;
type Document = {
	paths: Record<string, Operations>;
	components: { schemas: Record<string, Schema> };
};

/**
 * Adapts the document to common generators: one request type per operation, and no field that is only null.
 * `test/clients` tests these generators. Our own client uses the exact document.
 */
export function portable<Doc extends Document>(document: Doc): Doc {
	const { paths, components } = document;
	return {
		...document,
		paths: Object.assign({}, ...Object.entries(paths).map(([path, operations]) => separateForms(path, operations))),
		components: { ...components, schemas: mapValues(components.schemas, widenNulls) },
	};
}

/** Suffixes for the name and the summary of an operation that takes a form. */
const endings: Record<string, [name: string, summary: string]> = {
	[multipart]: ["WithPicture", "with a picture"],
	[form]: ["AsForm", "as a form"],
};

/**
 * Generators support one request type per operation; openapi-python-client fails on two. The server ignores a final
 * slash, so the form becomes a separate operation at the path with or without the slash.
 */
function separateForms(path: string, operations: Operations): Record<string, Operations> {
	const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
	const texts: Operations = {};
	const forms: Operations = {};
	for (const [method, operation] of Object.entries(operations)) {
		const { [json]: text, ...rest } = operation.requestBody?.content ?? {};
		const [type = "", media] = Object.entries(rest)[0] ?? [];
		const ending = endings[type];
		if (!text || !media || !ending) {
			texts[method] = operation;
			continue;
		}
		const [name, summary] = ending;
		const at = (address: string) => `\`${method.toUpperCase()} ${address}\``;
		texts[method] = withBody(operation, { [json]: text }, `JSON; ${at(other)} is the same call ${summary}.`);
		forms[method] = {
			...withBody(operation, { [type]: media }, `A form; ${at(path)} is the same call in JSON.`),
			operationId: operation.operationId + name,
			summary: `${operation.summary}, ${summary}`,
		};
	}
	return { [path]: texts, ...(Object.keys(forms).length > 0 && { [other]: forms }) };
}

const withBody = (operation: Operation, content: Content, description: string): Operation => ({
	...operation,
	requestBody: { ...operation.requestBody, description: `${description} Both addresses accept both.`, content },
});

/**
 * A field that is only null makes openapi-generator crash, and openapi-python-client sends null for an omitted one.
 * No string has these lengths, so null stays the only value.
 */
const onlyNull = { type: ["string", "null"], minLength: 1, maxLength: 0 };

const widenNulls = ({ properties, ...schema }: Schema): Schema => ({
	...schema,
	...(properties && {
		properties: mapValues(properties, (property) =>
			property.type === "null" ? { ...property, ...onlyNull } : property,
		) as Schema["properties"],
	}),
});
