import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";

/** Sets the exit code of a command that succeeds. */
export type SetExitCode = (code: number) => void;

/** Adds a command with its examples. A hidden command works, but no help lists it. */
export const command = (parent: Command, name: string, description: string, examples: string[], hidden = false) =>
	parent
		.command(name, { hidden })
		.description(description)
		.addHelpText("after", `\nExamples:\n${examples.map((line) => `  ${line}`).join("\n")}`);

/** The option of all commands that print data. */
export const json = () => new Option("--json", "print JSON");

type Range = { fallback: number; min: number; max: number };

/** Defines an option that takes an integer from `min` to `max`. */
export const count = <Flags extends string>(flags: Flags, description: string, { fallback, min, max }: Range) =>
	new Option(flags, `${description} (${min} to ${max})`).default(fallback).argParser((text): number => {
		const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
		if (number >= min && number <= max) return number;
		throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
	});
