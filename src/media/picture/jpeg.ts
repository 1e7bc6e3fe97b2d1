import { orientationOf } from "./exif";
import { maxParts, maxPixels, maxProfileBytes, profileTooLarge, tooManyParts, tooManyPixels } from "./limits";
import { name, type Read } from "./reader";

/** The orientation. Throws for a JPEG that would cost too much memory. */
export async function inspectJpeg(read: Read, pixels: number): Promise<number> {
	const { profileBytes, whole, components, orientation } = await walk(read);
	if (profileBytes > maxProfileBytes) throw profileTooLarge();
	const limit = components > 3 ? maxPixels.heavy : maxPixels.buffered;
	if (whole && pixels > limit) throw tooManyPixels(limit, "A progressive JPEG");
	if (whole && (await scans(read)) > maxScans) throw tooManyParts();
	return orientation ?? 1;
}

type Found = { orientation?: number; profileBytes: number; components: number; whole: boolean };

/**
 * Whether the decoder must keep all coefficients: always, unless the file is known to be of one sequential scan.
 * A sequential one whose components come in separate scans costs as much as a progressive one.
 */
async function walk(read: Read) {
	const found: Found = { profileBytes: 0, components: 4, whole: true };
	let sequential = false;
	let at = 2;
	for (let parts = 0; parts < maxParts; parts++) {
		const segment = await read(at, 10);
		// Whatever is not a plain row of segments may be read in another way by the decoder.
		if (segment.byteLength < 10 || segment.getUint8(0) !== 0xff) return found;
		const marker = segment.getUint8(1);
		if (marker === 0xff) {
			at++; // padding
			continue;
		}
		const length = segment.getUint16(2);
		if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd9) || length < 2) return found;
		if (marker === 0xe2) found.profileBytes += length;
		const isExif = marker === 0xe1 && name(segment, 4) === "Exif"; // XMP has the same marker
		if (isExif) found.orientation ??= orientationOf(await read(at + 4, length - 2));
		if (isFrame(marker)) {
			sequential = marker <= 0xc1;
			found.components = segment.getUint8(9);
		}
		if (marker === 0xda) {
			found.whole = !sequential || segment.getUint8(4) !== found.components;
			return found;
		}
		at += 2 + length;
	}
	return found;
}

/**
 * Each scan passes over the whole picture, but takes as few as fifty bytes: a file of some megabytes could keep the
 * decoder busy for minutes. Usual are about ten.
 */
const maxScans = 100;

/** How often the marker of a scan occurs: what looks like one in other data is counted too, but none is missed. */
async function scans(read: Read): Promise<number> {
	let count = 0;
	for (let at = 0; ; ) {
		const view = await read(at, 256 * 1024);
		if (view.byteLength < 2) return count;
		const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
		for (let i = bytes.indexOf(scan); i >= 0; i = bytes.indexOf(scan, i + 2)) count++;
		at += bytes.length - 1; // a marker may begin with the last byte
	}
}

const scan = Buffer.from([0xff, 0xda]);

/** SOF0 to SOF15: between them lie the tables DHT, JPG and DAC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
