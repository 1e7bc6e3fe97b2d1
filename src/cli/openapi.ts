import { buildApp } from "../app";
import { loadConfig } from "../config/config";
import { printJson, type Terminal } from "../core/terminal";
import { inMemory } from "../db/engine";
import { openStores } from "../db/open";
import { openapi } from "../http/docs/swagger";
import { memoryFiles } from "../media/memory";

/** Prints the document that the server gives at /openapi.json. Needs no database and no configuration. */
export async function printOpenapi(terminal: Terminal) {
	const secret = "signs nothing: this app serves nobody";
	const stores = openStores({ path: inMemory, durability: "normal", secret });
	const { app } = buildApp({ ...loadConfig({}), stores, files: memoryFiles(), secret, metrics: null });
	printJson(terminal, await openapi(app));
	await stores.close();
}
