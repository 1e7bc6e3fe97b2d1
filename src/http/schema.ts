import { type ObjectOptions, type TProperties, type TSchema, Type } from "@sinclair/typebox";

/**
 * Something the API answers with. It is declared for the compiler, the documentation and the tests, which hold every
 * answer against it; checking it once more while serving would find nothing and cost a tenth of the time of a list.
 * One with an `$id` is a type of that name in the documentation and in the clients made from it, as is any schema.
 */
export const ResponseSchema = <T extends TProperties>(properties: T, options: ObjectOptions = {}) =>
	Type.Object(properties, { ...options, noValidate: true });

export const Id = Type.String({
	format: "uuid",
	description: "UUID, version 7",
	examples: ["019b76f5-1d4e-7000-8b63-4f6f1a2b3c4d"],
});

export const Time = Type.String({
	format: "date-time",
	examples: ["2026-01-02T03:04:05.678Z"],
});

/** A field of a request that `null` clears. */
export const clearable = <T extends TSchema>(schema: T) => Type.Optional(nullable(schema));

/** What says the rule of the schema says it of the whole: it is what a caller who broke it reads. */
export const nullable = <T extends TSchema>(schema: T) =>
	Type.Union([schema, Type.Null()], schema.description ? { description: `${schema.description}, or null` } : {});
