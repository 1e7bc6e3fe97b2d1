import { hmac, nodeCrypto } from "../core/crypto";
import { fullFile, thumbnailFile } from "./files";

/** A link to a picture that is not public leads there for between one and two of these, in milliseconds. */
const periodMs = 30 * 60 * 1000;
/** Bytes: the viewer's id, when it ends in seconds since 1970, and the first half of a SHA-256. */
const byteLengths = { viewer: 16, expiry: 4, signature: 16 };

/** Where the two files of a picture are. */
export type UrlsOf = (name: string, isPublic: boolean) => { url: string; thumbnailUrl: string };

const urlsOf = (name: string, query: string) => ({
	url: `/uploads/${fullFile(name)}${query}`,
	thumbnailUrl: `/uploads/${thumbnailFile(name)}${query}`,
});

/** To what everybody may see, such as avatars. */
export const publicUrls = (name: string) => urlsOf(name, "");

export type PictureUrls = ReturnType<typeof createPictureUrls>;

/**
 * An `<img>` cannot send a token, so links to what is not public say for whom they were made, and that is signed. They give
 * no right of their own: whether that person may see the picture is asked when it is fetched. Who has such a link sees no
 * more than them, and no longer.
 */
export function createPictureUrls({ secret, now }: { secret: string; now: () => Date }) {
	const key = hmac(secret, "image links v1");
	const sign = (name: string, claim: Uint8Array) => hmac(key, name, claim).subarray(0, byteLengths.signature);

	/** The same for a while, so that a page that is read again does not fetch its pictures again. */
	const access = (name: string, viewerId: string) => {
		const expiry = Buffer.alloc(byteLengths.expiry);
		expiry.writeUInt32BE(((Math.floor(now().getTime() / periodMs) + 2) * periodMs) / 1000);
		const claim = Buffer.concat([Buffer.from(viewerId.replaceAll("-", ""), "hex"), expiry]);
		return Buffer.concat([claim, sign(name, claim)]).toString("base64url");
	};

	return {
		/** What a viewer gets to see. To strangers nothing is shown that is not public. */
		ofViewer:
			(viewerId: string | null): UrlsOf =>
			(name, isPublic) =>
				isPublic || viewerId === null ? publicUrls(name) : urlsOf(name, `?access=${access(name, viewerId)}`),

		/** The id of the viewer that a link was made for; null when it is not ours, or has expired. */
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
