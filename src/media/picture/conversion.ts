import { curveOf } from "./curve";
import { gridOf, interpolate } from "./grid";
import { apply, srgbValue, type Triple, toSrgb } from "./light";
import { tagsOf } from "./profile";
import { profileChunk, type Raster, strideOf } from "./raster";
import { name } from "./reader";
import { type Table, tableOf } from "./table";

/** Converts the pixels of a picture to sRGB, or to `profile` if there is one. */
export type Conversion = {
	/** The new value for each of the 256 values of a channel. */
	curve?: Uint8Array | undefined;
	/** Maps a colour to sRGB, in values from 0 to 1. */
	colours?: ((rgb: Triple) => Triple) | undefined;
	profile?: Uint8Array | undefined;
};

/** The sRGB values, 0 to 255, of amounts of linear light. */
export const srgbValues = (lights: number[]) => Uint8Array.from(lights, (light) => Math.round(srgbValue(light) * 255));

/** Converts the XYZ colours (D50) of a table to sRGB values. */
export const fromTable =
	(table: Table) =>
	(rgb: Triple): Triple => {
		const [r, g, b] = apply(toSrgb, table(rgb));
		return [srgbValue(r), srgbValue(g), srgbValue(b)];
	};

/**
 * The conversion for a picture with this ICC profile. `space` is the colour space of the decoded file, named as in
 * profiles.
 * Undefined when primaries and curves describe the profile fully: then the picture keeps it. Also for CMYK, which the
 * decoder has converted to RGB, so that its profile no longer applies.
 */
export function conversionOf(icc: Uint8Array, space: "RGB " | "GRAY" | "CMYK"): Conversion | undefined {
	if (icc.length < 132) return undefined;
	const profile = new DataView(icc.buffer, icc.byteOffset, icc.byteLength);
	const profileSpace = name(profile, 16);
	if (name(profile, 36) !== "acsp") return undefined;
	const tags = tagsOf(profile);
	if (profileSpace === "GRAY" && space === "GRAY") {
		const curve = curveOf(tags.get("kTRC"));
		return curve && { curve: srgbValues(curve) };
	}
	const tag = tags.get("A2B0") ?? tags.get("A2B1");
	const table = profileSpace === "RGB " && space !== "CMYK" && tag ? tableOf(profile, tag) : undefined;
	return table && { colours: fromTable(table) };
}

export async function convert(picture: Raster, { curve, colours, profile }: Conversion): Promise<Raster> {
	const { width, height, rows } = picture;
	const grid = colours && (await gridOf(colours));
	const stride = strideOf(width);
	for (let y = 0, done = 0; y < height; y++) {
		const row = rows.subarray(y * stride + 1, (y + 1) * stride);
		if (curve) for (let at = 0; at < row.length; at++) if ((at & 3) !== 3) row[at] = curve[row[at] ?? 0] ?? 0;
		if (grid) interpolate(row, grid);
		done += width;
		if (done < pixelsPerTurn) continue;
		done = 0;
		await new Promise(setImmediate);
	}
	return { ...picture, profile: profile ? profileChunk(profile) : new Uint8Array() };
}

/** Pixels per turn of the event loop: a few milliseconds. */
const pixelsPerTurn = 65_536;
