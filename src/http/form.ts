import { Kind, type Static, type TObject, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

export const multipart = "multipart/form-data";
/** The media types for file choosers. The server decodes the bytes and ignores the type that a client declares. */
export const pictureTypes = "image/jpeg, image/png, image/webp, image/gif";

/** A picture in a form, as the client sent it. It is on the disk, not in memory, and is deleted after the answer. */
export const PictureFile = (description = "a file with a JPEG, PNG, WebP or still GIF") =>
	Type.Unsafe<Blob>({ [Kind]: "PictureFile", type: "string", format: "binary", description });
TypeRegistry.Set("PictureFile", (_, value) => value instanceof Blob);

/** JSON cannot carry a picture, but it can remove one. */
export const NoPicture = () => Type.Null({ description: "null, which means no picture; a picture needs a form" });

type Form = { picture?: string };
const forms = new WeakMap<object, Form>();

/** Marks the body of a request as a form; `picture` is the field that takes a picture. */
export function asForm<T extends object>(body: T, form: Form = {}): T {
	forms.set(body, form);
	return body;
}

type Schemas = { json: TObject; form?: TObject };
const compiled = new WeakMap<TSchema, ReturnType<typeof TypeCompiler.Compile>>();

/**
 * The body of a request: `json`, or `form` if it is a form with a picture. A form without one follows `json`.
 * An unknown field is an error: a misspelt `visibilty` would publish a private post. Elysia removes unknown fields before
 * it validates an object, so `Body` is its own TypeBox kind.
 */
export const Body = <Json extends TObject, Form extends TObject = never>(json: Json, form?: Form) =>
	Type.Unsafe<Static<Json> | Static<Form>>({ [Kind]: "Body", json: strict(json), ...(form && { form: strict(form) }) });

/** Defines a body like `Body`, except that a form may have other fields, which the server ignores (RFC 6749, 3.2). */
export const OAuthBody = <Json extends TObject>(json: Json) =>
	Type.Unsafe<Static<Json>>({ [Kind]: "Body", json: strict(json), form: { ...json, $id: undefined } });

/** `isStrict` is for the OpenAPI document: Elysia adds `additionalProperties` to other schemas too. */
const strict = <T extends TObject>(schema: T): T => ({ ...schema, additionalProperties: false, isStrict: true });

TypeRegistry.Set<Schemas>("Body", (schema, value) => {
	const branch = branchOf(schema as unknown as TSchema, value);
	let check = compiled.get(branch);
	if (!check) {
		check = TypeCompiler.Compile(branch);
		compiled.set(branch, check);
	}
	return check.Check(value);
});

/** The schema that a body must match. Returns schemas of other kinds unchanged. */
export function branchOf(schema: TSchema, value: unknown): TSchema {
	if (!("json" in schema)) return schema;
	const form = typeof value === "object" && value !== null && forms.get(value);
	if (!form || !schema.form) return schema.json;
	// A form without a picture follows the JSON schema.
	const picture = form.picture === undefined || (value as Record<string, unknown>)[form.picture];
	return picture === undefined || picture === null ? schema.json : schema.form;
}
