import { hmac, nodeCrypto, random } from "../../../../core/crypto";

/**
 * Compresses (zstd) and encrypts (AES-256-GCM) trash entries, and computes their lookup hashes (HMAC). Both keys are derived
 * from the secret key of the instance, which is read at the first use.
 */
export function sealer(secret: () => string) {
	let made: { seal: Buffer; find: Buffer } | undefined;
	const keys = () => {
		made ??= { seal: hmac(secret(), "trash v1"), find: hmac(secret(), "trash index v1") };
		return made;
	};

	return {
		/** Encrypts a text with `context` as associated data. */
		seal(context: string, text: string): Buffer {
			const nonce = random(12);
			const cipher = nodeCrypto().createCipheriv("aes-256-gcm", keys().seal, nonce);
			cipher.setAAD(Buffer.from(context));
			const packed = Bun.zstdCompressSync(text);
			return Buffer.concat([nonce, cipher.update(packed), cipher.final(), cipher.getAuthTag()]);
		},

		/** Null when the text is damaged, or was encrypted with another secret key or context. */
		open(context: string, sealed: Uint8Array): string | null {
			try {
				const decipher = nodeCrypto().createDecipheriv("aes-256-gcm", keys().seal, sealed.subarray(0, 12));
				decipher.setAAD(Buffer.from(context));
				decipher.setAuthTag(sealed.subarray(-16));
				const packed = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
				return Bun.zstdDecompressSync(packed).toString();
			} catch {
				return null;
			}
		},

		/** A deterministic HMAC of 16 bytes, which reveals nothing without the key. */
		hash: (kind: "subject" | "owner" | "login", text: string): Buffer =>
			hmac(keys().find, `${kind} ${text}`).subarray(0, 16),
	};
}
export type Sealer = ReturnType<typeof sealer>;
