import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { actions } from "../../accounts/audit/store";
import { bio, importedEmail } from "../../accounts/users/fields";
import { asName } from "../../core/text";
import { transferred } from "../../db/open";
import type { Line, TransferField, TransferTable } from "../../db/transfer";
import { Instant, Text } from "../../http/text";

// Contents of the files of an instance transfer. `src/handbook/transfer.md` has the names as a table.

export const format = "minifeed-export";
export const formatVersion = 1;

export const files = {
	manifest: "manifest.json",
	pictures: "pictures.jsonl",
	uploads: "uploads",
	of: ({ name }: TransferTable) => `${name}.jsonl`,
};

export const maxManifestBytes = 256 * 1024;
/** The longest post takes a quarter of it, even with each character as \u and four digits. */
export const maxLineBytes = 256 * 1024;
/** The largest picture files have a few million bytes. */
export const maxPictureBytes = 32 * 1024 ** 2;

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
export const Id = Text({ maxLength: 36, pattern: `^${uuid}$`, description: "a UUID in lower case" });
const aTime = { description: "a time such as 2026-01-02T03:04:05.678Z, from 1970 to 9999" };
const Time = Type.Intersect(
	[Instant(aTime), Text({ ...aTime, maxLength: 30, pattern: "^(19[7-9]\\d|[2-9]\\d{3})-.*Z$" })],
	aTime,
);
export const text = (maxLength: number, minLength = 0) =>
	Text({ minLength, maxLength, description: `text of ${minLength} to ${maxLength} characters` });
const integer = (minimum: number, maximum: number) =>
	Type.Integer({ minimum, maximum, description: `an integer from ${minimum} to ${maximum}` });
export const orNull = <T extends TSchema>(schema: T) =>
	Type.Union([schema, Type.Null()], { description: `${schema.description}, or null` });
const oneOf = <const T extends readonly string[]>(...values: T) =>
	Type.Union(
		values.map((value) => Type.Literal(value as T[number])),
		{ description: `one of ${values.join(", ")}` },
	);
const exactly = <T extends Record<string, TSchema>>(properties: T, description?: string) =>
	Type.Object(properties, { additionalProperties: false, ...(description && { description }) });

const Name = Text({
	maxLength: 97,
	pattern: "^[0-9a-f]{64}(-[0-9a-f]{32})?$",
	description: "64 hexadecimal digits, and perhaps a hyphen and 32 more",
});
const Sha256 = Text({ maxLength: 64, pattern: "^[0-9a-f]{64}$", description: "64 hexadecimal digits" });
const side = integer(1, 65_535);
const imageProperties = {
	name: Name,
	width: side,
	height: side,
	bytes: integer(1, 2 * maxPictureBytes),
	placeholder: Text({
		maxLength: 4000,
		pattern: "^data:image/webp;base64,[A-Za-z0-9+/]*={0,2}$",
		description: "a small WebP as a data URL",
	}),
	created_at: Time,
};
const Avatar = exactly(imageProperties, "a picture");
const Image = exactly({ ...imageProperties, alt: text(1500) }, "a picture");

/** The hash decides the cost of a login, so its parameters have the bounds of the configuration. */
const passwordHash = Text({
	maxLength: 400,
	pattern:
		"^\\$argon2id\\$v=19\\$m=(\\d{1,6}|10[0-4]\\d{4}),t=([1-9]|[12]\\d|3[0-2]),p=1\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{16,172}$",
	description: "an argon2id hash as PHC string",
});

export const visibility = oneOf("public", "followers", "private");

/** Rules of texts that the column types do not give. */
const rules: Record<string, Record<string, TSchema>> = {
	users: {
		username: Text({
			minLength: 3,
			maxLength: 30,
			pattern: "^[a-z0-9_]*$",
			description: "3 to 30 letters a to z, digits or underscores",
		}),
		email: importedEmail,
		password_hash: orNull(passwordHash),
		display_name: text(50, 1),
		bio,
	},
	posts: { title: text(200, 1), content: text(5000) },
	comments: { content: text(2000, 1) },
	audit: { action: oneOf(...actions), address: text(100) },
};

const Ids = Type.Array(Id, { maxItems: 30, uniqueItems: true, description: "a list of 30 ids at most" });

function schemaOf(table: string, { name, type, isNullable, values, hasAlt }: TransferField): TSchema {
	if (type === "ids") return Type.Optional(Ids);
	const byType = { id: Id, time: Time, image: hasAlt ? Image : Avatar, text: values && oneOf(...values) };
	const schema = rules[table]?.[name] ?? byType[type];
	if (!schema) throw new Error(`The column ${name} of ${table} has no rule for its text.`);
	return isNullable ? orNull(schema) : schema;
}

const schemas = new Map(
	transferred.map(({ name, fields }) => [
		name,
		exactly(Object.fromEntries(fields.map((field) => [field.name, schemaOf(name, field)]))),
	]),
);

const fileOf = exactly({ bytes: integer(1, maxPictureBytes), sha256: Sha256 }, "a file");
/** The files of a picture and its thumbnail. Null when they were missing before the export. */
const Picture = exactly({
	name: Name,
	files: orNull(Type.Tuple([fileOf, fileOf], { description: "a pair of files" })),
});
export type Picture = Static<typeof Picture>;

const Manifest = Type.Object({
	format: Type.Literal(format),
	format_version: Type.Literal(formatVersion),
	/** Version of the program that wrote it. */
	version: text(100),
	created_at: Time,
	files: Type.Array(
		exactly({
			name: text(100),
			lines: integer(0, Number.MAX_SAFE_INTEGER),
			bytes: integer(0, Number.MAX_SAFE_INTEGER),
			sha256: Sha256,
		}),
		{ maxItems: 100 },
	),
	/** Files in `uploads`, and pictures whose files were missing before. */
	pictures: exactly({
		files: integer(0, Number.MAX_SAFE_INTEGER),
		bytes: integer(0, Number.MAX_SAFE_INTEGER),
		missing: integer(0, Number.MAX_SAFE_INTEGER),
	}),
});
export type Manifest = Static<typeof Manifest>;

const checks = new Map<TSchema, ReturnType<typeof TypeCompiler.Compile>>();
function checkOf(schema: TSchema) {
	const known = checks.get(schema) ?? TypeCompiler.Compile(schema);
	checks.set(schema, known);
	return known;
}

/** Describes the rule that a value breaks; null for a valid one. Quotes at most a field name of the value. */
export function schemaProblem(schema: TSchema, value: unknown): string | null {
	const check = checkOf(schema);
	if (check.Check(value)) return null;
	const [error] = [...check.Errors(value)].sort((a, b) => depth(b.path) - depth(a.path));
	if (!error) return "it is not valid";
	const field = error.path.slice(1).replaceAll("/", ".").replace(/\p{C}/gu, "\u{fffd}").slice(0, 60);
	if (error.message.startsWith("Unexpected property")) return `this format has no field ${field}`;
	if (error.message.startsWith("Expected required property")) return `the field ${field} is missing`;
	const rule = error.schema.description ?? "an object of this format";
	return `${field || "it"} must be ${rule}`;
}
const depth = (path: string) => path.split("/").length;

/** Returns null for invalid text. */
export function parseManifest(text: string): Manifest | null {
	const parsed = parse(text);
	return checkOf(Manifest).Check(parsed) ? (parsed as Manifest) : null;
}

/** Returns undefined for text that is not JSON. */
export function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** Converts lines of older versions and other programs to the form of this version. */
const normalize: Record<string, (line: Line) => Line> = {
	users: (line) => ({
		...line,
		email: String(line["email"]).trim(),
		password_hash: line["password_hash"] ?? unknownPassword(),
		display_name: asName(String(line["display_name"])) || line["username"],
	}),
	posts: (line) => ({ ...line, title: asName(String(line["title"] ?? "")) || null }),
};

/** Returns a hash without a known password. The user needs a reset link. */
function unknownPassword(): string {
	const random = (bytes: number) =>
		Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)))
			.toString("base64")
			.replaceAll("=", "");
	return `$argon2id$v=19$m=19456,t=2,p=1$${random(32)}$${random(32)}`;
}

/** The value of a line, or why it is not valid. */
export type Read<T> = { item: T } | { problem: string };

export function readLine({ name }: TransferTable, text: string): Read<Line> {
	const read = readAs<Line>(schemas.get(name) as TSchema, text);
	if ("problem" in read) return read;
	const { item } = read;
	if (name === "follows" && item["follower_id"] === item["following_id"])
		return { problem: "users cannot follow themselves" };
	return { item: normalize[name]?.(item) ?? item };
}

export const readPicture = (text: string): Read<Picture> => readAs<Picture>(Picture, text);

function readAs<T>(schema: TSchema, text: string): Read<T> {
	const parsed = parse(text);
	const problem = parsed === undefined ? "it is not JSON" : schemaProblem(schema, parsed);
	return problem ? { problem } : { item: parsed as T };
}
