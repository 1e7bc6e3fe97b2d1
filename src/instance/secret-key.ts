import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { random } from "../core/crypto";
import { OperatorError } from "../core/errors";
import { createFile, makeFolder } from "../disk/free-space";

/**
 * The key that signs tokens, when none is configured: made at the first start and kept in the data directory.
 * Whoever can read it can sign in as anybody, hence the file modes.
 */
export function loadOrCreateSecret(dataDir: string): string {
	const path = keyFile(dataDir);
	try {
		makeFolder(dataDir);
		// Of two first starts at once, both end up with the same key.
		if (!existsSync(path)) createFile(path, random(48).toString("base64url"));
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new OperatorError(
			`The data directory ${dataDir} cannot be written to (${code}). See to it, or set DATA_DIR.`,
		);
	}
	return readSecret(dataDir);
}

/** Where the key is that was made here. */
export const keyFile = (dataDir: string) => join(dataDir, "secret.key");

/** What another key costs, for sentences that advise one. */
export const newKeyConsequence =
	"with another key everybody signs in again, and what was deleted cannot be brought back";

/** The key that is kept. Throws OperatorError where there is none, or it cannot be one. */
export function readSecret(dataDir: string): string {
	const path = keyFile(dataDir);
	let secret: string;
	try {
		secret = readFileSync(path, "utf8").trim();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new OperatorError(
			code === "ENOENT"
				? `${path} is missing, and SECRET_KEY is not set. Put it back: ${newKeyConsequence}.`
				: `${path} cannot be read (${code}).`,
		);
	}
	if (secret.length < 32)
		throw new OperatorError(`${path} is too short to be a key. Put it back, or move it away: ${newKeyConsequence}.`);
	return secret;
}
