import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { render } from "../../src/media/picture";
import { curveOf } from "../../src/media/picture/curve";
import { apply, srgbValue, type Triple, toSrgb } from "../../src/media/picture/light";
import { tagsOf } from "../../src/media/picture/profile";
import { chunks, colours } from "./decode";
import { pngChunk } from "./headers";

// Four rectangles each. fixtures/make-colours.py wrote them, and the colours that LittleCMS shows for them.
const folder = join(import.meta.dir, "fixtures");
const fixture = (name: string) => readFileSync(join(folder, name));
const expected: Record<string, number[][]> = JSON.parse(fixture("colours.json").toString());
const post = (bytes: Uint8Array) => render(new Blob([bytes]), "post");

/** The colours of the rectangles on a screen of sRGB, by the profile of the picture. */
async function shown(picture: Uint8Array): Promise<number[][]> {
	const { at } = await colours(picture);
	const icc = chunks(picture).get("ICCP");
	const places = [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)];
	return places.map((rgba) => (icc ? converted(rgba, icc) : rgba.slice(0, 3)));
}

function converted(rgba: number[], icc: Buffer): number[] {
	const tags = tagsOf(new DataView(icc.buffer, icc.byteOffset, icc.byteLength));
	let xyz: Triple = [0, 0, 0];
	for (const [i, colour] of ["r", "g", "b"].entries()) {
		const light = curveOf(tags.get(`${colour}TRC`))?.[rgba[i] ?? 0] ?? Number.NaN;
		const primary = tags.get(`${colour}XYZ`);
		xyz = xyz.map((sum, j) => sum + (light * (primary?.getInt32(8 + j * 4) ?? 0)) / 65_536) as Triple;
	}
	return apply(toSrgb, xyz).map((value) => Math.round(srgbValue(value) * 255));
}

const distance = (one: number[][], other: number[][] = []) =>
	Math.max(...one.flatMap((rgb, i) => rgb.map((value, j) => Math.abs(value - (other[i]?.[j] ?? Number.NaN)))));

test.each(Object.keys(expected))("%s keeps its colours", async (name) => {
	const { full, thumbnail } = await post(fixture(name));
	const avatar = await render(new Blob([fixture(name)]), "avatar");

	for (const picture of [full, avatar.full])
		expect(distance(await shown(picture), expected[name])).toBeLessThanOrEqual(3);
	expect(distance(await shown(thumbnail), expected[name])).toBeLessThan(12); // it lost some twice
});

test.each(Object.keys(expected).filter((name) => /^(table|grey|gamma)/.test(name)))(
	"of %s no profile is left, as its colours became those of sRGB",
	async (name) => {
		expect(chunks((await post(fixture(name))).full).has("ICCP")).toBe(false);
	},
);

const plain = fixture("plain.png");
/** The four rectangles with this chunk. */
const withChunk = (kind: string, data: number[]) =>
	Buffer.concat([plain.subarray(0, 33), pngChunk(kind, Buffer.from(data)), plain.subarray(33)]);

test.each([
	["a gamma of 0", "gAMA", [0, 0, 0, 0]],
	["a gamma of a thousand", "gAMA", [5, 245, 225, 0]],
	["a gamma that is cut", "gAMA", [0, 0, 177]],
	["primaries that are all the same", "cHRM", Array(8).fill([0, 0, 78, 32]).flat()],
	["primaries that are zero", "cHRM", Array(32).fill(0)],
	["unspecified primaries", "cICP", [2, 13, 0, 1]],
	["an unspecified transfer", "cICP", [1, 2, 0, 1]],
	["a matrix, which PNG does not have", "cICP", [9, 13, 9, 1]],
	["five bytes of cICP", "cICP", [12, 13, 0, 1, 0]],
])("%s changes nothing", async (_, kind, data) => {
	expect((await post(withChunk(kind, data))).full).toEqual((await post(plain)).full);
});

test("a picture of video levels is spread to the full range", async () => {
	const [red] = await shown((await post(withChunk("cICP", [1, 13, 0, 0]))).full);

	expect(distance([red ?? []], [[214, 28, 28]])).toBeLessThanOrEqual(4);
});

/** All values of the transfer, from black to white. */
async function greys(transfer: number) {
	const ramp = await new Bun.Image(fixture("ramp.png")).png({ compressionLevel: 0 }).bytes();
	const bytes = Buffer.from(ramp);
	const source = Buffer.concat([
		bytes.subarray(0, 33),
		pngChunk("cICP", Buffer.from([9, transfer, 0, 1])),
		bytes.subarray(33),
	]);
	const { at } = await colours((await post(source)).full);
	return Array.from({ length: 16 }, (_, i) => at((i + 0.5) / 16, 0.5));
}

test.each([
	["PQ", 16, 9],
	["HLG", 18, 12],
])("%s becomes lighter with each step, and its lightest part is white", async (_, transfer, page) => {
	const steps = await greys(transfer);
	const light = steps.map(([r = 0]) => r);

	for (const [r = 0, g = 0, b = 0] of steps) expect(Math.max(r, g, b) - Math.min(r, g, b)).toBeLessThanOrEqual(3);
	expect(light.every((value, i) => i === 0 || value >= (light[i - 1] ?? 0))).toBe(true);
	expect(light[0]).toBeLessThan(4);
	expect(light[15]).toBeGreaterThan(250);
	expect(light[page]).toBeGreaterThan(190); // a white page: 58 % of PQ, 75 % of HLG
});
