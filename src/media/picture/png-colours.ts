import { conversionOfCicp, withSrgbCurve } from "./cicp";
import { type Conversion, conversionOf } from "./conversion";
import { primariesOf, srgb, srgbLight } from "./light";

/** The chunks that define the colours. All must precede the pixels. */
export const colourChunks = new Set(["cICP", "iCCP", "sRGB", "gAMA", "cHRM"]);

/**
 * The first readable chunk counts, in the order of the code; gAMA and cHRM are read together. `chunks` holds the profile
 * uncompressed. Undefined when the profile suffices or the colours are sRGB.
 */
export function conversionOfPng(chunks: Map<string, Buffer>, isGrey: boolean): Conversion | undefined {
	const icc = chunks.get("iCCP");
	const cicp = chunks.get("cICP");
	const meant = cicp?.length === 4 ? conversionOfCicp(cicp) : undefined;
	if (meant) return icc || !isNothing(meant) ? meant : undefined;
	if (icc && icc.length > 0) return conversionOf(icc, isGrey ? "GRAY" : "RGB ");
	if (chunks.has("sRGB")) return undefined;
	const simple = conversionOfGamma(chunks.get("gAMA"), chunks.get("cHRM"));
	return isNothing(simple) ? undefined : simple;
}

const isNothing = ({ curve, colours, profile }: Conversion) => !curve && !colours && !profile;

/** Gamma values near 1 / 2.2 mean sRGB, whose curve is not a power. Programs write them as an approximation. */
const nearSrgb = { min: 43_300, max: 47_700 };

function conversionOfGamma(gamma: Buffer | undefined, points: Buffer | undefined): Conversion {
	const exponent = gamma?.length === 4 ? gamma.readUInt32BE(0) : 0;
	const isPower = exponent >= 1000 && exponent < 10_000_000 && !(exponent > nearSrgb.min && exponent < nearSrgb.max);
	const light = isPower ? (value: number) => value ** (100_000 / exponent) : srgbLight;
	return withSrgbCurve(primariesIn(points) ?? srgb, light);
}

/** cHRM starts with the white point. Its unit is 1/100,000. */
function primariesIn(points: Buffer | undefined) {
	if (points?.length !== 32) return undefined;
	const values = Array.from({ length: 8 }, (_, i) => points.readUInt32BE(i * 4) / 100_000);
	return primariesOf([...values.slice(2), ...values.slice(0, 2)]);
}
