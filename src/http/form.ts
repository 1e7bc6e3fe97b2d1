import { Kind, type Static, type TObject, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

export const multipart = "multipart/form-data";
/** What is taken, for those who choose a file; what somebody calls theirs is never looked at. */
export const pictureTypes = "image/jpeg, image/png, image/webp, image/gif";

/** A picture in a form: what somebody sent, unlooked at, on the disk and not in memory. It is gone after the answer. */
export const PictureFile = (description = "a JPEG, PNG, WebP or still GIF") =>
	Type.Unsafe<Blob>({ [Kind]: "PictureFile", type: "string", format: "binary", description });
TypeRegistry.Set("PictureFile", (_, value) => value instanceof Blob);

/** In JSON there is no room for a picture, but there is a way to be rid of one. */
export const NoPicture = () => Type.Null({ description: "null, which takes the picture away" });

const forms = new WeakSet<object>();

/** Marks the body of a request as one that came as a form. */
export function asForm<T extends object>(body: T): T {
	forms.add(body);
	return body;
}

type Branches = { json: TObject; form: TObject };
const compiled = new WeakMap<TSchema, ReturnType<typeof TypeCompiler.Compile>>();

/** A body that has one schema as JSON, and another as a form with a picture in it. */
export const JsonOrForm = <Json extends TObject, Form extends TObject>(json: Json, form: Form) =>
	Type.Unsafe<Static<Json> | Static<Form>>({ [Kind]: "JsonOrForm", json, form });
TypeRegistry.Set<Branches>("JsonOrForm", (schema, value) => {
	const branch = branchOf(schema as unknown as TSchema, value);
	let check = compiled.get(branch);
	if (!check) {
		check = TypeCompiler.Compile(branch);
		compiled.set(branch, check);
	}
	return check.Check(value);
});

/** The schema that counts for a body; any schema of another kind is its own. */
export function branchOf(schema: TSchema, value: unknown): TSchema {
	if (!("json" in schema && "form" in schema)) return schema;
	return typeof value === "object" && value !== null && forms.has(value) ? schema.form : schema.json;
}
