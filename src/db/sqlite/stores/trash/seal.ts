import { hmac, nodeCrypto, random } from "../../../../core/crypto";

/**
 * Seals trash entries (zstd, then AES-256-GCM), and makes the hashes that find them. Both keys are derived from the secret of
 * the instance, which is read at the first use.
 */
export function sealer(secret: () => string) {
	let made: { seal: Buffer; find: Buffer } | undefined;
	const keys = () => {
		made ??= { seal: hmac(secret(), "trash v1"), find: hmac(secret(), "trash index v1") };
		return made;
	};

	return {
		/** Moved to another `place`, the sealed text does not open. */
		seal(context: string, text: string): Buffer {
			const nonce = random(12);
			const cipher = nodeCrypto().createCipheriv("aes-256-gcm", keys().seal, nonce);
			cipher.setAAD(Buffer.from(context));
			const packed = Bun.zstdCompressSync(text);
			return Buffer.concat([nonce, cipher.update(packed), cipher.final(), cipher.getAuthTag()]);
		},

		/** Null when it was sealed with another secret, or is damaged. */
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

		/** Deterministic, and meaningless without the key. */
		hash: (kind: "subject" | "owner" | "login", text: string): Buffer =>
			hmac(keys().find, `${kind} ${text}`).subarray(0, 16),
	};
}
export type Sealer = ReturnType<typeof sealer>;
