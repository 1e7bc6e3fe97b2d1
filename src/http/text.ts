import { Kind, type SchemaOptions, Type, TypeRegistry } from "@sinclair/typebox";
import { isBlank } from "../core/text";

type TextRule = {
	/** Characters are Unicode code points, as in JSON Schema: an emoji counts once. */
	minLength?: number;
	maxLength: number;
	/** null allows every character, as for passwords. */
	pattern?: string | null;
	/** States the rule: it documents the field and, after "Must be", is what a caller who broke it reads. */
	description: string;
} & SchemaOptions;

/** Matches any text without NUL, which would truncate the text in C and in functions of SQLite. */
const anyText = "^[^\\u0000]*$";

/**
 * Has a character that is more than white space. Linear: no two neighbours in it match the same character. Clients get
 * this pattern, which means the same in every language; the server also refuses what `isBlank` says shows nothing.
 */
const notBlank = "^\\s*[^\\s\\u0000][^\\u0000]*$";

function isText({ minLength = 0, maxLength, pattern }: TextRule, value: unknown): value is string {
	// A lone surrogate is no character: it would be stored as another text than was sent.
	if (typeof value !== "string" || !value.isWellFormed()) return false;
	if (pattern && !matcher(pattern).test(value)) return false;
	const length = codePoints(value);
	return length >= minLength && length <= maxLength;
}
TypeRegistry.Set<TextRule>("Text", isText);
TypeRegistry.Set<TextRule>("ShownText", (rule, value) => isText(rule, value) && !isBlank(value));

/** A string that is text; unlike `Type.String`, lengths count characters and not UTF-16 units. */
export const Text = ({ pattern = anyText, ...rule }: TextRule) => {
	if (pattern) matcher(pattern); // a pattern that cannot be compiled fails at the start, and tests find every pattern
	return Type.Unsafe<string>({ ...rule, ...(pattern && { pattern }), [Kind]: "Text", type: "string" });
};

/** Text that shows something. */
export const ShownText = (rule: TextRule) => ({
	...Text({ ...rule, minLength: 1, pattern: notBlank }),
	[Kind]: "ShownText",
});

/** A text that null clears; undefined leaves it as it is. */
export const cleared = (text: string | null | undefined): string | undefined => (text === null ? "" : text);

// A path that is not valid UTF-8 gives no string.
TypeRegistry.Set("PathText", (_, value) => typeof value === "string");

/** A path parameter. Any text will do: what is not there is 404, whatever its name looks like. */
export const PathText = (options: SchemaOptions) =>
	Type.Unsafe<string>({ ...options, [Kind]: "PathText", type: "string" });

TypeRegistry.Set(
	"Instant",
	(_, value) => typeof value === "string" && instant.test(value) && !Number.isNaN(Date.parse(value)),
);
/** RFC 3339, with a zone: a time without one means another moment everywhere. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** A moment that a caller names. */
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
