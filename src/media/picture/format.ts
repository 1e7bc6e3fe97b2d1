import { unsupported } from "./limits";
import { bytesOf } from "./reader";

export type Format = "jpeg" | "png" | "webp" | "gif";

/** Signatures of other formats that people upload: the name, the offset in bytes, and the possible texts there. */
const others: [name: string, at: number, ...texts: string[]][] = [
	["a HEIC picture", 4, "ftypheic", "ftypheix", "ftypheim", "ftypheis", "ftyphevc", "ftyphevx"],
	["an AVIF picture", 4, "ftypavif", "ftypavis"],
	["a HEIF or AVIF picture", 4, "ftypmif1", "ftypmsf1"],
	["a raw picture", 4, "ftypcrx "],
	["a video", 4, "ftyp"],
	["a video", 0, "\x1aE\xdf\xa3"],
	["a video", 8, "AVI LIST"],
	["a JPEG XL picture", 0, "\xff\n", "\0\0\0\fJXL "],
	["a JPEG 2000 picture", 0, "\xffO\xffQ", "\0\0\0\fjP  "],
	["a JPEG XR picture", 0, "II\xbc"],
	["a TIFF or raw picture", 0, "II*\0", "MM\0*", "II+\0", "MM\0+", "IIRO", "IIU\0"],
	["a BMP picture", 0, "BM"],
	["an icon (ICO)", 0, "\0\0\x01\0", "\0\0\x02\0"],
	["a Photoshop file (PSD)", 0, "8BPS"],
	["a PDF document", 0, "%PDF-"],
	["an MNG or JNG animation", 0, "\x8aMNG", "\x8bJNG"],
	["a PNM picture", 0, ..."1234567".split("").map((kind) => `P${kind}\n`)],
	["an OpenEXR picture", 0, "v/1\x01"],
	["a QOI picture", 0, "qoif"],
];

/** Bytes needed to detect the format. Comments may precede the root element of an SVG. */
export const signatureBytes = 1024;

/**
 * Detects the format from the first bytes of a file. Throws `unsupported_media` for all others, with the name of a known
 * format.
 */
export function formatOf(start: DataView): Format {
	const text = bytesOf(start).toString("latin1");
	if (text.startsWith("\xff\xd8")) return "jpeg";
	if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
	if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return "webp";
	if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "gif";

	const other = others.find(([, at, ...texts]) => texts.some((part) => text.startsWith(part, at)))?.[0];
	const known = other ?? (/^(\xef\xbb\xbf)?\s*</.test(text) && text.includes("<svg") ? "an SVG drawing" : undefined);
	if (known) throw unsupported(`This is ${known}, which the server does not accept; send it as JPEG, PNG or WebP.`);
	throw unsupported("The server cannot read this file as a picture; send a JPEG, PNG, WebP or still GIF.");
}
