import { hmac, nodeCrypto } from "../core/crypto";
import { fullFile, thumbnailFile } from "./files";

/** A signed URL is valid for one to two periods. It stays the same within a period, so that browsers can cache it. */
const periodMs = 30 * 60 * 1000;
/** Bytes of a signature: the id of the viewer, the expiry in seconds since 1970, and the first half of a SHA-256. */
const byteLengths = { viewer: 16, expiry: 4, signature: 16 };

/** Returns the URLs of the two files of a picture. */
export type UrlsOf = (name: string, isPublic: boolean) => { url: string; thumbnailUrl: string };

const urlsOf = (name: string, query: string) => ({
	url: `/uploads/${fullFile(name)}${query}`,
	thumbnailUrl: `/uploads/${thumbnailFile(name)}${query}`,
});

/** The URLs of public pictures, such as avatars. */
export const publicUrls = (name: string) => urlsOf(name, "");

export type PictureUrls = ReturnType<typeof createPictureUrls>;

/**
 * An `<img>` cannot send a token, so the URL of a picture that is not public names its viewer and is signed. The server
 * still checks on each request whether that viewer may see the picture. A leaked URL shows no more than that, until it
 * expires.
 */
export function createPictureUrls({ secret, now }: { secret: string; now: () => Date }) {
	const key = hmac(secret, "image links v1");
	const sign = (name: string, claim: Uint8Array) => hmac(key, name, claim).subarray(0, byteLengths.signature);

	const access = (name: string, viewerId: string) => {
		const expiry = Buffer.alloc(byteLengths.expiry);
		expiry.writeUInt32BE(((Math.floor(now().getTime() / periodMs) + 2) * periodMs) / 1000);
		const claim = Buffer.concat([Buffer.from(viewerId.replaceAll("-", ""), "hex"), expiry]);
		return Buffer.concat([claim, sign(name, claim)]).toString("base64url");
	};

	return {
		/** Returns the URLs for one viewer. Anonymous viewers get no signed URLs. */
		ofViewer:
			(viewerId: string | null): UrlsOf =>
			(name, isPublic) =>
				isPublic || viewerId === null ? publicUrls(name) : urlsOf(name, `?access=${access(name, viewerId)}`),

		/** The id of the viewer that the URL was made for. Null when the signature is wrong or has expired. */
		viewerOf(name: string, access: string): string | null {
			const bytes = Buffer.from(access, "base64url");
			if (bytes.length !== byteLengths.viewer + byteLengths.expiry + byteLengths.signature) return null;
			const claim = bytes.subarray(0, -byteLengths.signature);
			if (!nodeCrypto().timingSafeEqual(bytes.subarray(-byteLengths.signature), sign(name, claim))) return null;
			if (claim.readUInt32BE(byteLengths.viewer) * 1000 <= now().getTime()) return null;
			return claim.toString("hex", 0, byteLengths.viewer).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
		},
	};
}
