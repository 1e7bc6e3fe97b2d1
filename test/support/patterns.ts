/**
 * Prints every regular expression that src makes with `new RegExp`, as JSON. A process of its own: it has to replace the
 * constructor before the first module of src is loaded.
 */
import { resolve } from "node:path";

const src = resolve(import.meta.dir, "../../src");
const made: { place: string; source: string; flags: string }[] = [];

globalThis.RegExp = new Proxy(RegExp, {
	construct(target, given, newTarget) {
		const pattern: RegExp = Reflect.construct(target, given, newTarget);
		const frames = new Error().stack?.split("\n").slice(2) ?? [];
		const caller = frames.find((frame) => frame.trim() !== "at unknown") ?? "";
		const [, place] = /\/(src\/[\w/.-]+\.ts:\d+)/.exec(caller) ?? [];
		if (place && !caller.includes("node_modules")) made.push({ place, source: pattern.source, flags: pattern.flags });
		return pattern;
	},
});

// The entry points run what they import; everything else only defines.
const entries = ["main.ts", "build.ts"];
for (const path of new Bun.Glob("**/*.ts").scanSync(src))
	if (!entries.includes(path) && !path.endsWith(".d.ts")) await import(resolve(src, path));

// Made at the first use.
const { foldsInPlace } = await import("../../src/social/search/fold");
foldsInPlace("é");

process.stdout.write(JSON.stringify(made));
process.exit(); // modules of workers listen for messages
