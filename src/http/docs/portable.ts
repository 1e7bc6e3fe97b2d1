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
 * The same document in a form that the common generators read rightly: one request type per operation, no field that is
 * only null. `test/clients` tries them. Our own client is made from the exact document.
 */
export function portable<Doc extends Document>(document: Doc): Doc {
	const { paths, components } = document;
	return {
		...document,
		paths: Object.assign({}, ...Object.entries(paths).map(([path, operations]) => separateForms(path, operations))),
		components: { ...components, schemas: mapValues(components.schemas, widenNulls) },
	};
}

/** The name and the summary of an operation that takes a form end so. */
const endings: Record<string, [name: string, summary: string]> = {
	[multipart]: ["WithPicture", "with a picture"],
	[form]: ["AsForm", "as a form"],
};

/**
 * Generators use one of the two request types of an operation, not all the same; openapi-python-client breaks. A final
 * slash is optional everywhere, so the form gets an operation of its own at the address with the other ending.
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
	requestBody: { ...operation.requestBody, description: `${description} Either address takes both.`, content },
});

/**
 * A field that is only null makes openapi-generator crash, and openapi-python-client send null when it is left out.
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
