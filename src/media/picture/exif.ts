import { name } from "./reader";

/** The EXIF orientation, 1 to 8. Returns 1 (upright) for invalid data. */
export function orientationOf(exif: DataView): number {
	const start = exif.byteLength > 6 && name(exif, 0) === "Exif" ? 6 : 0; // JPEG always has the prefix "Exif\0\0"
	const tiff = new DataView(exif.buffer, exif.byteOffset + start, exif.byteLength - start);
	if (tiff.byteLength < 8) return 1;
	const little = tiff.getUint16(0) === 0x4949;
	const directory = tiff.getUint32(4, little);
	if (directory + 2 > tiff.byteLength) return 1;
	const entries = tiff.getUint16(directory, little);
	for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.byteLength; i++, at += 12) {
		if (tiff.getUint16(at, little) !== 0x0112) continue;
		const orientation = numberAt(tiff, at, little);
		return orientation >= 1 && orientation <= 8 ? orientation : 1;
	}
	return 1;
}

/** The value of an entry. The standard requires SHORT, but some programs write LONG or BYTE. */
function numberAt(tiff: DataView, entry: number, little: boolean): number {
	const type = tiff.getUint16(entry + 2, little);
	if (type === 1) return tiff.getUint8(entry + 8);
	return type === 4 || type === 9 ? tiff.getUint32(entry + 8, little) : tiff.getUint16(entry + 8, little);
}

/** Rotates and mirrors a picture as its orientation requires. */
export function applyOrientation(image: Bun.Image, orientation: number): Bun.Image {
	switch (orientation) {
		case 2:
			return image.flop();
		case 3:
			return image.rotate(180);
		case 4:
			return image.flip();
		case 5:
			return image.rotate(90).flop();
		case 6:
			return image.rotate(90);
		case 7:
			return image.rotate(90).flip();
		case 8:
			return image.rotate(270);
		default:
			return image;
	}
}
