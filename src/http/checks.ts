import type { TSchema } from "@sinclair/typebox";
import { TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { lazily } from "../core/lazily";

const compile = TypeCompiler.Compile;

/**
 * Elysia compiles a check for each declared answer at the first request of a route, which takes 1 to 5 ms. `ResponseSchema`
 * turns these checks off, and problems need none. So this compiles a check when it is first used.
 */
TypeCompiler.Compile = <T extends TSchema>(schema: T, references: TSchema[] = []): TypeCheck<T> => {
	const compiled = lazily(() => compile(schema, references));
	return new TypeCheck(schema, references, (value) => compiled().Check(value), "");
};
