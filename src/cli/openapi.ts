import { buildApp } from "../app";
import { loadConfig } from "../config/config";
import { printJson, type Terminal } from "../core/terminal";
import { inMemory } from "../db/engine";
import { openStores } from "../db/open";
import { generate } from "../http/docs/generate";
import { memoryFiles } from "../media/memory";

/** Prints the document that the server serves at /openapi.json. Needs no database and no configuration. */
export async function printOpenapi(terminal: Terminal) {
	const secret = "signs nothing: this app serves no request";
	const stores = openStores({ path: inMemory, durability: "normal", secret });
	const { app } = buildApp({ ...loadConfig({}), stores, files: memoryFiles(), secret, metrics: null });
	printJson(terminal, JSON.parse((await generate(app)).openapi));
	await stores.close();
}
