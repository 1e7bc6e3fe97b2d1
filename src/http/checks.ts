import type { TSchema } from "@sinclair/typebox";
import { TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { lazily } from "../core/lazily";

const compile = TypeCompiler.Compile;

/**
 * Elysia compiles a check for every answer that a route declares, at the first request of that route: 1 to 5 ms for checks that
 * `ResponseSchema` turns off and that no problem meets. So a check is compiled when a value is first checked.
 */
TypeCompiler.Compile = <T extends TSchema>(schema: T, references: TSchema[] = []): TypeCheck<T> => {
	const compiled = lazily(() => compile(schema, references));
	return new TypeCheck(schema, references, (value) => compiled().Check(value), "");
};
