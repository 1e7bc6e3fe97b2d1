import { Kind, type SchemaOptions, Type, TypeRegistry } from "@sinclair/typebox";
import { isBlank } from "../core/text";

type TextRule = {
	/** Characters are Unicode code points, as in JSON Schema: an emoji counts once. */
	minLength?: number;
	maxLength: number;
	/** null allows every character, as for passwords. */
	pattern?: string | null;
	/** States the rule, as a noun phrase: it documents the field, and error messages put it after "Must be". */
	description: string;
} & SchemaOptions;

/** Matches any text without NUL, which would truncate the text in C and in functions of SQLite. */
const anyText = "^[^\\u0000]*$";

/**
 * Matches text with a visible character, in linear time: no two neighbours match the same character. Clients get this
 * pattern, which works in every language. The server also refuses invisible text by `isBlank`.
 */
const notBlank = "^\\s*[^\\s\\u0000][^\\u0000]*$";

function isText({ minLength = 0, maxLength, pattern }: TextRule, value: unknown): value is string {
	// A lone surrogate is not a character: the database would store another text.
	if (typeof value !== "string" || !value.isWellFormed()) return false;
	if (pattern && !matcher(pattern).test(value)) return false;
	const length = codePoints(value);
	return length >= minLength && length <= maxLength;
}
TypeRegistry.Set<TextRule>("Text", isText);
TypeRegistry.Set<TextRule>("ShownText", (rule, value) => isText(rule, value) && !isBlank(value));

/** A string that is text; unlike `Type.String`, lengths count characters and not UTF-16 units. */
export const Text = ({ pattern = anyText, ...rule }: TextRule) => {
	if (pattern) matcher(pattern); // an invalid pattern fails at start, and tests find every pattern
	return Type.Unsafe<string>({ ...rule, ...(pattern && { pattern }), [Kind]: "Text", type: "string" });
};

/** Text with at least one visible character. */
export const ShownText = (rule: TextRule) => ({
	...Text({ ...rule, minLength: 1, pattern: notBlank }),
	[Kind]: "ShownText",
});

/** A text that null clears; undefined leaves it as it is. */
export const cleared = (text: string | null | undefined): string | undefined => (text === null ? "" : text);

// Elysia passes no string for a path that is not valid UTF-8.
TypeRegistry.Set("PathText", (_, value) => typeof value === "string");

/** A path parameter. It accepts any text, since an unknown name of any form is 404. */
export const PathText = (options: SchemaOptions) =>
	Type.Unsafe<string>({ ...options, [Kind]: "PathText", type: "string" });

TypeRegistry.Set(
	"Instant",
	(_, value) => typeof value === "string" && instant.test(value) && !Number.isNaN(Date.parse(value)),
);
/** RFC 3339 with a zone, since a local time is ambiguous. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** A point in time in a request. */
export const Instant = (options: SchemaOptions) =>
	Type.Unsafe<string>({ ...options, [Kind]: "Instant", type: "string", format: "date-time" });

function codePoints(text: string): number {
	let count = text.length;
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >> 10 === 0x37) count--; // the second half of a pair
	return count;
}

const matchers = new Map<string, RegExp>();
function matcher(pattern: string): RegExp {
	let regex = matchers.get(pattern);
	if (!regex) {
		regex = new RegExp(pattern);
		matchers.set(pattern, regex);
	}
	return regex;
}
