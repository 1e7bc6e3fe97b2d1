import { type ObjectOptions, type TProperties, type TSchema, Type } from "@sinclair/typebox";

/**
 * The schema of an answer, for the compiler, the documentation and the tests, which check every answer against it. The server
 * does not check answers, which would take a tenth of the time of a list. A schema with an `$id` becomes a
 * type of that name in the documentation and in generated clients.
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

/** A field of a request. `null` clears it. */
export const clearable = <T extends TSchema>(schema: T) => Type.Optional(nullable(schema));

/** The description moves to the union, because error messages use it. */
export const nullable = <T extends TSchema>(schema: T) =>
	Type.Union([schema, Type.Null()], schema.description ? { description: `${schema.description}, or null` } : {});
