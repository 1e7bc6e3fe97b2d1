import { type Conversion, fromTable, srgbValues } from "./conversion";
import { apply, type Matrix, primariesOf, srgbLight, type Transfer, type Triple, transpose } from "./light";
import { profileOfPrimaries } from "./profile";

/** Chromaticities of red, green, blue and white, by their number in ITU-T H.273. */
const d65 = [0.3127, 0.329];
const chromaticities: Record<number, number[]> = {
	1: [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...d65],
	4: [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.31, 0.316],
	5: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...d65],
	6: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...d65],
	7: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...d65],
	8: [0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.31, 0.316],
	9: [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...d65],
	11: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351],
	12: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...d65],
	22: [0.63, 0.34, 0.295, 0.605, 0.155, 0.077, ...d65],
};

const video: Transfer = (value) => (value < 0.081_243 ? value / 4.5 : ((value + 0.099_297) / 1.099_297) ** (1 / 0.45));

/** Transfer functions to linear light from 0 to 1, by their number in ITU-T H.273. */
const transfers: Record<number, Transfer> = {
	1: video,
	4: (value) => value ** 2.2,
	5: (value) => value ** 2.8,
	6: video,
	7: (value) => (value < 0.0913 ? value / 4 : ((value + 0.1115) / 1.1115) ** (1 / 0.45)),
	8: (value) => value,
	11: video,
	13: srgbLight,
	14: video,
	15: video,
	17: (value) => (value ** 2.6 * 52.37) / 48,
};

/** The luminance of reference white in HDR pictures, in cd/m² (ITU-R BT.2408). */
const referenceWhite = 203;
const [pq, hlg] = [16, 18];

/** SMPTE ST 2084: cd/m². */
function pqLight(value: number): number {
	const root = value ** (32 / 2523);
	return 10_000 * (Math.max(0, root - 3424 / 4096) / (2413 / 128 - (2392 / 128) * root)) ** (8192 / 1305);
}

/** ARIB STD-B67: linear light of the scene, from 0 to 1. */
const hlgLight: Transfer = (value) =>
	value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.559_910_73) / 0.178_832_77) + 0.284_668_92) / 12;

/** The conversion for a cICP chunk. Undefined for code numbers that do not define the colours. */
export function conversionOfCicp([primaries = 0, transfer = 0, matrix = 0, fullRange = 0]: Uint8Array) {
	const points = chromaticities[primaries];
	const rgb = points && primariesOf(points);
	if (!rgb || matrix !== 0 || fullRange > 1) return undefined;
	const range = fullRange === 1 ? (value: number) => value : (value: number) => (value * 255 - 16) / 219;
	if (transfer === pq || transfer === hlg) return hdrConversion(rgb, transfer, range);
	const light = transfers[transfer];
	return light && withSrgbCurve(rgb, (value) => light(Math.min(1, Math.max(0, range(value)))));
}

/** Writes the primaries into a profile, and converts the values to the sRGB curve. */
export function withSrgbCurve(primaries: Matrix, light: Transfer): Conversion {
	const curve = srgbValues(Array.from({ length: 256 }, (_, value) => light(value / 255)));
	const changes = curve.some((value, i) => value !== i);
	return { curve: changes ? curve : undefined, profile: profileOfPrimaries(primaries) };
}

/** Maps a display of 1,000 cd/m² to sRGB. Light below the knee stays unchanged; brighter light is compressed. */
function hdrConversion(primaries: Matrix, transfer: number, range: (value: number) => number): Conversion {
	const toXyz = transpose(primaries);
	const scene = (rgb: Triple) => rgb.map((value) => hlgLight(range(value))) as Triple;
	const light = (rgb: Triple): Triple => {
		if (transfer === pq)
			return rgb.map((value) => pqLight(Math.min(1, Math.max(0, range(value)))) / referenceWhite) as Triple;
		const [r, g, b] = scene(rgb);
		const scale = (1000 / referenceWhite) * (0.2627 * r + 0.678 * g + 0.0593 * b) ** 0.2;
		return [r * scale, g * scale, b * scale];
	};
	return { colours: fromTable((rgb) => apply(toXyz, toneMapped(light(rgb)))) };
}

/** Compression starts at `knee`, and `maxLight` becomes white. The unit is reference white. */
const [knee, maxLight] = [0.7, 1000 / referenceWhite];

/** Scales all three channels by the same factor, which keeps the hue. */
function toneMapped(rgb: Triple): Triple {
	const top = Math.max(...rgb);
	if (!(top > knee)) return rgb;
	const over = (Math.min(top, maxLight) - knee) / (maxLight - knee);
	const steep = (maxLight - knee) / (1 - knee);
	const scale = (knee + ((1 - knee) * over * steep) / (1 + over * (steep - 1))) / top;
	return [rgb[0] * scale, rgb[1] * scale, rgb[2] * scale];
}
