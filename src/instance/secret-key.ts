import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { random } from "../core/crypto";
import { OperatorError } from "../core/errors";
import { createFile, makeFolder } from "../disk/free-space";

/**
 * Returns the secret key when SECRET_KEY is not set. Creates it in the data directory at the first start.
 * Mode 0600, because the key allows signing in as any user. Throws OperatorError.
 */
export function loadOrCreateSecret(dataDir: string): string {
	const path = keyFile(dataDir);
	try {
		makeFolder(dataDir);
		// Two first starts at once get the same key: `createFile` keeps the first one.
		if (!existsSync(path)) createFile(path, random(48).toString("base64url"));
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new OperatorError(
			`The data directory ${dataDir} cannot be written to (${code}). Check its owner, or set DATA_DIR.`,
		);
	}
	return readSecret(dataDir);
}

/** Path of the generated secret key. */
export const keyFile = (dataDir: string) => join(dataDir, "secret.key");

/** Ends sentences that advise against or for a new key. */
export const newKeyConsequence = "with another key, all users must sign in again and the trash cannot be restored";

/** Reads the generated secret key. Throws OperatorError when it is missing, unreadable or too short. */
export function readSecret(dataDir: string): string {
	const path = keyFile(dataDir);
	let secret: string;
	try {
		secret = readFileSync(path, "utf8").trim();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new OperatorError(
			code === "ENOENT"
				? `${path} is missing, and SECRET_KEY is not set. Put the file back: ${newKeyConsequence}.`
				: `${path} cannot be read (${code}). Check its owner.`,
		);
	}
	if (secret.length < 32)
		throw new OperatorError(
			`${path} is too short for a key. Put the right file back, or move this one away: ${newKeyConsequence}.`,
		);
	return secret;
}
