// Compiles a front end that uses minifeed/testing and /client.ts, with the options of Vite's template and stricter ones, in
// each TypeScript that people use. Not part of `bun test`, because it installs the compilers.
//   bun test/clients/front-end.ts
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { blocksOf, root, textOf } from "../handbook/pages";
import { testApp } from "../support/app";
import { commandIn, tally } from "./support";

const here = import.meta.dir;
const generated = join(here, "generated");
const run = commandIn(here);

mkdirSync(generated, { recursive: true });
await run([process.execPath, "install", "--frozen-lockfile"]);
rmSync(join(here, "node_modules/minifeed"), { force: true });
symlinkSync(root, join(here, "node_modules/minifeed"), "dir");

const { body: client } = await testApp().anonymous.get("/client.ts");
await Bun.write(join(generated, "client.ts"), client);
const [example] = blocksOf(await textOf("testing"), "ts");
if (!example) throw new Error("The handbook has no example of minifeed/testing.");
await Bun.write(join(generated, "handbook.test.ts"), example);

const dom = ["ES2022", "DOM", "DOM.Iterable"];
const strictest = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, lib: dom };
const projects = {
	vite: { compilerOptions: {} },
	strictest: { compilerOptions: { ...strictest, target: "es2022", isolatedModules: true } },
	"bun test": {
		// The types of Bun and of the DOM differ from each other; that template leaves libraries unchecked, too.
		compilerOptions: { types: ["vite/client", "bun"], skipLibCheck: true, strict: true },
		files: ["../front-end/program.ts", "handbook.test.ts"],
	},
};
const { check, end } = tally();
for (const compiler of ["typescript", "typescript-6", "typescript-7"])
	for (const [name, project] of Object.entries(projects))
		await check(`${compiler}, ${name}`, async () => {
			const configuration = { extends: "../front-end/tsconfig.json", ...project };
			await Bun.write(join(generated, "tsconfig.front-end.json"), JSON.stringify(configuration));
			const tsc = ["node", join("node_modules", compiler, "bin/tsc"), "-p", "generated/tsconfig.front-end.json"];
			await run(tsc);
			if (compiler !== "typescript") return;
			const files = (await run([...tsc, "--listFilesOnly"])).split("\n");
			const ours = files.filter((file) => file.startsWith(join(root, "src")));
			if (ours.join() !== join(root, "src/testing/types.d.ts")) throw new Error(`It compiles ${ours.join(", ")}.`);
		});
process.exit(end());
