import { lazily } from "./lazily";

/** Loaded at its first use, because it loads streams, which take 3 ms and 4 MB. */
export const nodeCrypto = lazily(() => process.getBuiltinModule("node:crypto"));

/** Random bytes for keys, tokens and nonces. */
export const random = (bytes: number): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)));

type Data = string | Uint8Array;

/** The hash of all parts together. */
export const sha256 = (...parts: Data[]): Buffer => digest(new Bun.CryptoHasher("sha256"), parts);

/** The HMAC-SHA-256 of all parts together. */
export const hmac = (key: Data, ...parts: Data[]): Buffer => digest(new Bun.CryptoHasher("sha256", key), parts);

function digest(hasher: Bun.CryptoHasher, parts: Data[]): Buffer {
	for (const part of parts) hasher.update(part);
	return hasher.digest();
}
