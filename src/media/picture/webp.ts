import { conversionOf } from "./conversion";
import { orientationOf } from "./exif";
import type { Inspected } from "./inspect";
import * as limits from "./limits";
import { minimalProfile } from "./profile";
import { bytesOf, name, type Read } from "./reader";

/** Throws for an animation, and for a WebP that needs too much memory. */
export async function inspectWebp(read: Read): Promise<Inspected> {
	const { buffered, heavy } = limits.maxPixels;
	let size: { width: number; height: number } | undefined;
	let orientation = 1;
	let icc: Uint8Array = new Uint8Array();
	let at = 12;
	for (let parts = 0; parts < limits.maxParts; parts++) {
		const head = await read(at, 8);
		if (head.byteLength < 8) {
			if (!size) throw limits.truncated();
			return { ...size, orientation, conversion: conversionOf(icc, "RGB ") };
		}
		const kind = name(head, 0);
		const length = head.getUint32(4, true);
		if (kind === "ANIM" || kind === "ANMF") throw limits.animated();
		if (!size) {
			size = sizeOf(kind, await read(at + 8, 10));
			limits.limitPixels(size, buffered, "A WebP");
		}
		if (kind === "ALPH") limits.limitPixels(size, heavy, "A WebP with transparency");
		if (kind === "ICCP") {
			if (length > limits.maxProfileBytes) throw limits.profileTooLarge();
			icc = Buffer.from(bytesOf(await read(at + 8, length)));
		}
		if (kind === "EXIF") orientation = orientationOf(await read(at + 8, Math.min(length, 65_536)));
		at += 8 + length + (length & 1);
	}
	throw limits.tooManyParts();
}

/** The size in the first chunk. Each kind of chunk encodes it differently. */
function sizeOf(kind: string, data: DataView): { width: number; height: number } {
	if (data.byteLength < 10) throw limits.truncated();
	switch (kind) {
		case "VP8X":
			return { width: 1 + (data.getUint32(3, true) >>> 8), height: 1 + (data.getUint32(6, true) >>> 8) };
		case "VP8L": {
			const bits = data.getUint32(1, true);
			return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) };
		}
		case "VP8 ":
			return { width: data.getUint16(6, true) & 0x3fff, height: data.getUint16(8, true) & 0x3fff };
		default:
			throw limits.damaged();
	}
}

const hasProfile = 0x20;
const hasAlpha = 0x10;

/** Keeps the pixels of a WebP from Bun, and a minimal colour profile. Drops everything else. */
export function stripMetadata(webp: Uint8Array): Uint8Array {
	const chunks = chunksOf(webp);
	const profile = minimalProfile(chunks.get("ICCP"));
	const header = chunks.get("VP8X")?.slice();
	if (header) header[0] = ((header[0] ?? 0) & hasAlpha) | (profile ? hasProfile : 0);
	const kept = [
		chunk("VP8X", header),
		chunk("ICCP", profile),
		...["ALPH", "VP8 ", "VP8L"].map((kind) => chunk(kind, chunks.get(kind))),
	];
	return chunk("RIFF", Buffer.concat([Buffer.from("WEBP"), ...kept]));
}

function chunksOf(webp: Uint8Array): Map<string, Uint8Array> {
	const view = new DataView(webp.buffer, webp.byteOffset, webp.byteLength);
	const chunks = new Map<string, Uint8Array>();
	for (let at = 12; at + 8 <= webp.length; ) {
		const length = view.getUint32(at + 4, true);
		chunks.set(name(view, at), webp.subarray(at + 8, at + 8 + length));
		at += 8 + length + (length & 1);
	}
	return chunks;
}

/** Returns an empty array without data. */
function chunk(kind: string, data: Uint8Array | undefined): Uint8Array {
	if (!data) return new Uint8Array();
	const bytes = Buffer.alloc(8 + data.length + (data.length & 1)); // chunks have an even length
	bytes.write(kind, "latin1");
	bytes.writeUInt32LE(data.length, 4);
	bytes.set(data, 8);
	return bytes;
}
