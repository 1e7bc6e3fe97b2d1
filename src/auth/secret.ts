import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createFile } from "../disk";
import { OperatorError } from "../errors";

/**
 * The key that signs tokens, when none is configured: made at the first start and kept in the data directory.
 * Whoever can read it can sign in as anybody, hence the file modes.
 */
export function keptSecret(dataDir: string): string {
	const path = join(dataDir, "secret.key");
	try {
		mkdirSync(dataDir, { recursive: true, mode: 0o700 });
		// Of two first starts at once, both end up with the same key.
		if (!existsSync(path)) createFile(path, randomBytes(48).toString("base64url"));
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new OperatorError(
			`The data directory ${dataDir} cannot be written to (${code}). See to it, or set DATA_DIR.`,
		);
	}
	const secret = readFileSync(path, "utf8").trim();
	if (secret.length < 32)
		throw new OperatorError(
			`${path} is too short to be a key. Put it back, or delete it: everybody has to sign in again then.`,
		);
	return secret;
}
