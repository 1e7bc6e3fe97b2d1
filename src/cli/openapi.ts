import { buildApp } from "../app";
import { loadConfig } from "../config/config";
import { printJson, type Terminal } from "../core/terminal";
import { inMemory } from "../db/engine";
import { openStores } from "../db/open";
import { generate } from "../http/docs/generate";
import { memoryFiles } from "../media/memory";

/** Prints the document of /openapi.json, without a database or configuration. */
export async function printOpenapi(terminal: Terminal) {
	const secret = "unused: this app serves no requests";
	const stores = openStores({ path: inMemory, durability: "normal", secret });
	const { app } = buildApp({ ...loadConfig({}), stores, files: memoryFiles(), secret, metrics: null });
	printJson(terminal, JSON.parse((await generate(app)).openapi));
	await stores.close();
}
