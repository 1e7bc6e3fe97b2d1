// Makes clients of the OpenAPI document with the generators that people use, compiles a program with each and runs it
// against a server. Not part of `bun test`, because it installs them; the second form needs Python 3 and Java, too:
//   bun test/clients/run.ts
//   bun test/clients/run.ts --all
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { password } from "../support/app";
import { picture } from "../support/pictures";
import { program } from "../support/server";
import type { Outcome, Use } from "./programs/types";
import { commandIn, tally } from "./support";

const here = import.meta.dir;
const generated = join(here, "generated");
const document = join(generated, "openapi.json");
const photo = join(generated, "photo.jpg");
const venv = join(generated, "venv");
const libraries = ["openapi_python_client", "openapi_generator"].map((folder) => join(generated, folder)).join(":");
const run = commandIn(here, {
	PATH: [join(venv, "bin"), process.env.PATH].join(":"), // openapi-python-client looks for ruff there
	MYPYPATH: libraries,
	PYTHONPATH: libraries,
});

type Subject = { username: string; baseUrl: string };
type Client = {
	name: string;
	generate: string[];
	compile: string[];
	use: (subject: Subject) => Promise<Outcome>;
};

/** Bun in place of Node, since two of the generators need a newer Node than some people have. */
const script = (name: string) => [process.execPath, "--bun", join("node_modules/.bin", name)];
const python = (name: string) => join(venv, "bin", name);

const inTypeScript = (name: string, generate: string[]): Client => ({
	name,
	generate,
	compile: [...script("tsc"), "-p", join("generated", `tsconfig.${name}.json`)],
	use: async ({ username, baseUrl }) => {
		const { use } = (await import(`./programs/${name}.ts`)) as { use: Use };
		return use({ baseUrl, username, password, picture: new Blob([await Bun.file(photo).bytes()]) });
	},
});

const inPython = (name: string, library: string, generate: string[]): Client => {
	const file = join("programs", `${name}.py`);
	return {
		name,
		generate,
		compile: [python("mypy"), file, join("generated", name, library)],
		use: async ({ username, baseUrl }) =>
			JSON.parse(await run([python("python"), file, baseUrl, username, password, photo])),
	};
};

const openapiGenerator = (generator: string, folder: string) => [
	...[python("openapi-generator-cli"), "generate", "-g", generator, "-i", document, "-o", join("generated", folder)],
];

const clients = [
	inTypeScript("openapi-typescript", [
		...[...script("openapi-typescript"), document, "-o", "generated/openapi-typescript/api.ts"],
	]),
	inTypeScript("hey-api", [...script("openapi-ts"), "-i", document, "-o", "generated/hey-api"]),
	inTypeScript("orval", [...script("orval"), "--config", "orval.config.ts"]),
];
const others = [
	inTypeScript("typescript-fetch", openapiGenerator("typescript-fetch", "typescript-fetch")),
	inPython("openapi_python_client", "mini_social_feed_client", [
		python("openapi-python-client"),
		...["generate", "--path", document, "--output-path", "generated/openapi_python_client", "--overwrite"],
	]),
	inPython("openapi_generator", "openapi_client", openapiGenerator("python", "openapi_generator")),
];

const isAll = process.argv.includes("--all");
rmSync(generated, { recursive: true, force: true });
mkdirSync(generated);
await run([process.execPath, "install", "--frozen-lockfile"]);
if (isAll) {
	await run(["python3", "-m", "venv", venv]);
	await run([python("pip"), "install", "--quiet", "-r", "requirements.txt"]);
}

const server = program({ RATE_LIMIT: "off" });
const { check, end } = tally();
try {
	const baseUrl = await server.address();
	await Bun.write(document, await (await fetch(`${baseUrl}/openapi.json`)).text());
	await Bun.write(photo, await picture());
	for (const client of isAll ? [...clients, ...others] : clients)
		await check(client.name, () => tryOut(client, { username: client.name.replaceAll("-", "_"), baseUrl }));
} finally {
	await server.stop();
	server.remove();
}
process.exit(end());

async function tryOut({ name, generate, compile, use }: Client, { username, baseUrl }: Subject) {
	await run(generate, { BASE_URL: baseUrl });
	const configuration = { extends: "../tsconfig.json", files: [`../programs/${name}.ts`] };
	await Bun.write(join(generated, `tsconfig.${name}.json`), JSON.stringify(configuration));
	await run(compile);
	const expected: Outcome = {
		signedIn: username,
		text: "Hello",
		picture: [64, 48],
		listed: ["Look", "Hello"],
		refused: "not_found",
		keptAvatar: true,
		removedAvatar: true,
	};
	const outcome = await use({ username, baseUrl });
	if (!Bun.deepEquals(outcome, expected)) throw new Error(`It did otherwise: ${JSON.stringify(outcome)}`);
}
