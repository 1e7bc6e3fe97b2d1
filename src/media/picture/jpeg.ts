import { conversionOf } from "./conversion";
import { orientationOf } from "./exif";
import type { Inspected } from "./inspect";
import { hasAllData } from "./jpeg-data";
import { markersOf, type Segment } from "./jpeg-markers";
import * as limits from "./limits";
import { bytesOf, name, type Read, toEnd } from "./reader";

/** Throws for an unsupported kind of JPEG, a truncated one, and one that needs too much memory. */
export async function inspectJpeg(read: Read): Promise<Inspected> {
	const { frame, orientation, profile, scans, inFirstScan, hasEnd } = await walk(read);
	if (!frame) throw hasEnd ? limits.damaged() : limits.truncated();
	const { marker, bits, components } = frame;
	const kind = unsupportedKindOf(frame);
	const refusal = kind
		? limits.unsupported(`This is ${kind}, which the server does not accept; save it as an ordinary JPEG, PNG or WebP.`)
		: undefined;
	// The decoder reads some 8-bit lossless JPEGs. The refusal is sent only if it fails.
	const isTried = marker === 0xc3 && bits === 8;
	if (refusal && !isTried) throw refusal;

	if (profile.bytes > limits.maxProfileBytes) throw limits.profileTooLarge();
	// The decoder buffers all coefficients unless the file has one sequential scan.
	const isBuffered = marker > 0xc1 || inFirstScan !== components;
	const { any, heavy, buffered } = limits.maxPixels;
	limits.limitPixels(frame, !isBuffered ? any : components > 3 ? heavy : buffered, "A progressive JPEG");
	if (isBuffered && scans > maxScans) throw limits.tooManyParts();
	if (!hasEnd && !(await hasAllData(bytesOf(await read(0, toEnd))))) throw limits.truncated();
	const colourSpace = components === 1 ? "GRAY" : components === 3 ? "RGB " : "CMYK";
	const conversion = conversionOf(Buffer.concat(profile.parts), colourSpace);
	return { width: frame.width, height: frame.height, orientation, conversion, ifDamaged: refusal };
}

/** The name of a kind that the decoder does not support. Undefined for baseline, progressive and arithmetic coding. */
function unsupportedKindOf({ marker, bits }: Frame): string | undefined {
	if (marker === 0xf7) return "a JPEG-LS picture";
	if (marker >= 0xc0 && (marker & 3) === 3) return "a lossless JPEG";
	if (marker >= 0xc5 && marker !== 0xc9 && marker !== 0xca) return "a hierarchical JPEG";
	if (bits > 16 || bits < 8) throw limits.damaged();
	return bits === 8 ? undefined : `a JPEG of ${bits} bits a sample`;
}

/**
 * Each scan visits the whole picture but needs only 50 bytes of file. A few megabytes of scans could block the decoder
 * for minutes. About ten are usual.
 */
const maxScans = 100;

type Frame = { marker: number; bits: number; width: number; height: number; components: number };

/** The parts of an ICC profile, and the total bytes of all APP2 segments. */
type Profile = { parts: Uint8Array[]; bytes: number };

async function walk(read: Read) {
	let frame: Frame | undefined;
	let orientation: number | undefined;
	const profile: Profile = { parts: [], bytes: 0 };
	let scans = 0;
	let inFirstScan = 0;
	let hasEnd = false;
	let parts = 0;
	for await (const segment of markersOf(read)) {
		const { marker, at, length } = segment;
		if (++parts > limits.maxParts) throw limits.tooManyParts();
		if (marker === 0xd9) {
			hasEnd = true;
			break;
		}
		if (marker === 0xe1) orientation ??= orientationIn(await read(at, length));
		else if (marker === 0xe2) await readProfilePart(profile, read, segment);
		else if (isFrame(marker)) frame ??= frameOf(marker, await read(at, 6));
		else if (marker === 0xda && ++scans === 1) inFirstScan = componentsIn(await read(at, 1));
	}
	return { frame, orientation: orientation ?? 1, profile, scans, inFirstScan, hasEnd };
}

/** The orientation in an APP1 segment. Undefined for XMP. */
const orientationIn = (app1: DataView) =>
	app1.byteLength > 4 && name(app1, 0) === "Exif" ? orientationOf(app1) : undefined;

/** Segments beyond the limit add to `bytes` and are not read. */
async function readProfilePart(profile: Profile, read: Read, { at, length }: Segment): Promise<void> {
	profile.bytes += length;
	if (profile.bytes > limits.maxProfileBytes) return;
	const bytes = bytesOf(await read(at, length));
	if (bytes.toString("latin1", 0, 12) === "ICC_PROFILE\0") profile.parts.push(Buffer.from(bytes.subarray(14)));
}

const componentsIn = (scan: DataView) => (scan.byteLength ? scan.getUint8(0) : 0);

function frameOf(marker: number, view: DataView): Frame | undefined {
	if (view.byteLength < 6) return undefined;
	const [height, width] = [view.getUint16(1), view.getUint16(3)];
	return { marker, bits: view.getUint8(0), width, height, components: view.getUint8(5) };
}

/** SOF0 to SOF15 without DHT, JPG and DAC, which lie in the same range; and SOF55 of JPEG-LS. */
const isFrame = (marker: number) =>
	marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
