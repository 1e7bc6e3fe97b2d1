import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../src/core/errors";
import { render } from "../../src/media/picture";
import { bitmap } from "../support/pictures";
import { colours } from "./decode";
import { gifOf, png, segment } from "./headers";

/*
 * libjpeg-turbo wrote restarts.jpg (`cjpeg -quality 90 -restart 1`), progressive-restarts.jpg (`-progressive -restart 2B`)
 * and arithmetic.jpg (`jpegtran -arithmetic baseline.jpg`).
 */
const fixture = (name: string) => readFileSync(join(import.meta.dir, "fixtures", name));
const answer = (bytes: Uint8Array) =>
	render(new Blob([bytes]), "post").then(
		() => "taken",
		(error) => (error instanceof AppError ? error.detail : error),
	);
const tooEarly = expect.stringContaining("ends too early");

/** A picture of many colours, whose data is most of the file. */
const noise = () =>
	new Bun.Image(bitmap(90, 70, (x, y) => [(x * 37 + y * 11) & 255, (x * y * 7) & 255, (y * 53) & 255]));
const jpegs: Record<string, Buffer> = {
	"a baseline JPEG": Buffer.from(await noise().jpeg({ quality: 80 }).bytes()),
	"a progressive JPEG": Buffer.from(await noise().jpeg({ quality: 80, progressive: true }).bytes()),
	"a JPEG with restart markers": fixture("restarts.jpg"),
	"a progressive JPEG with restart markers": fixture("progressive-restarts.jpg"),
	"a grey JPEG": fixture("gray.jpg"),
	"a CMYK JPEG": fixture("cmyk.jpg"),
};
const gifs: Record<string, Buffer> = {
	"a GIF": fixture("still.gif"),
	"a GIF of several blocks": gifOf([40, 30], { left: 0, top: 0, width: 40, height: 30 }, Array(1200).fill(1)),
};

test.each(Object.entries(jpegs))(
	"%s that is cut anywhere is refused, unless only its end marker is missing",
	async (_, whole) => {
		const end = whole.lastIndexOf(Buffer.from([0xff, 0xd9]));
		const step = Math.ceil(end / 150);

		for (let length = 2; length < end; length += length + 12 < end ? step : 1)
			expect({ length, answer: await answer(whole.subarray(0, length)) }).toEqual({ length, answer: tooEarly });
		expect(await answer(whole.subarray(0, end))).toBe("taken");
		expect(await answer(whole.subarray(0, end + 1))).toBe("taken");
	},
);

test.each(Object.entries(jpegs))("of %s what stands behind its end does not matter", async (_, whole) => {
	const end = whole.lastIndexOf(Buffer.from([0xff, 0xd9]));
	const half = whole.subarray(0, Math.floor(whole.length / 2));

	expect(await answer(Buffer.concat([whole, Buffer.from("a trailer")]))).toBe("taken");
	expect(await answer(Buffer.concat([whole, whole]))).toBe("taken");
	expect(await answer(Buffer.concat([whole, half]))).toBe("taken");
	expect(await answer(Buffer.concat([whole, Buffer.alloc(5000)]))).toBe("taken");
	expect(await answer(Buffer.concat([whole.subarray(0, end), Buffer.alloc(5000)]))).toBe("taken");
});

test.each(["a baseline JPEG", "a progressive JPEG"])("%s of which the rest is zeros is refused", async (kind) => {
	const whole = jpegs[kind] ?? Buffer.alloc(0);

	for (const part of [0.4, 0.6, 0.9]) {
		const zeros = Buffer.alloc(whole.length);
		whole.copy(zeros, 0, 0, Math.floor(whole.length * part));
		expect(await answer(zeros)).toEqual(tooEarly);
	}
});

test("a thumbnail in the headers, with an end of its own, is no end of the picture", async () => {
	const whole = jpegs["a baseline JPEG"] ?? Buffer.alloc(0);
	const thumbnail = segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), fixture("baseline.jpg")]));
	const source = Buffer.concat([whole.subarray(0, 2), thumbnail, whole.subarray(2)]);

	expect(await answer(source)).toBe("taken");
	expect(await answer(source.subarray(0, -200))).toEqual(tooEarly);
});

test("a JPEG with stray bytes between its segments is taken", async () => {
	const whole = fixture("baseline.jpg");

	expect(await answer(Buffer.concat([whole.subarray(0, 20), Buffer.from([0, 1, 2]), whole.subarray(20)]))).toBe(
		"taken",
	);
});

test("a JPEG of arithmetic codes is taken with its end only, as there is no other way to tell", async () => {
	expect(await answer(fixture("arithmetic.jpg"))).toBe("taken");
	expect(await answer(fixture("arithmetic.jpg").subarray(0, -2))).toEqual(tooEarly);
});

test.each(Object.entries(gifs))(
	"%s that is cut anywhere is refused, unless only its end is missing",
	async (_, whole) => {
		for (let length = 6; length < whole.length - 3; length++)
			expect({ length, answer: await answer(whole.subarray(0, length)) }).toEqual({ length, answer: tooEarly });
		expect(await answer(whole.subarray(0, -2))).toBe("taken"); // all codes are there
		expect(await answer(whole.subarray(0, -1))).toBe("taken");
		expect(await answer(Buffer.concat([whole, Buffer.from("a trailer")]))).toBe("taken");
	},
);

test("a PNG and a WebP that are cut are refused, and a PNG without its last chunk is taken", async () => {
	const whole = { png: Buffer.from(await noise().png().bytes()), webp: Buffer.from(await noise().webp().bytes()) };

	for (const bytes of Object.values(whole))
		for (const part of [0.02, 0.3, 0.6, 0.9])
			expect(await answer(bytes.subarray(0, bytes.length * part))).toMatch(/^The picture (is damaged|ends too early)/);
	expect(await answer(whole.png.subarray(0, -12))).toBe("taken");
});

/** Tells where there is a colour in a GIF of 20 by 20 pixels, the upper half red and the lower blue. */
async function drawn(canvas: [number, number], left: number, top: number, transparent = false) {
	const pixels = [...Array(200).fill(1), ...Array(200).fill(2)];
	const source = gifOf(canvas, { left, top, width: 20, height: 20 }, pixels, transparent);
	return render(new Blob([source]), "post");
}

test.each([true, false])(
	"a frame smaller than the canvas of a GIF stands at its place (transparent: %p)",
	async (transparent) => {
		const { full, thumbnail, width, height } = await drawn([100, 60], 40, 20, transparent);

		expect([width, height]).toEqual([100, 60]);
		for (const picture of [full, thumbnail]) {
			const { at } = await colours(picture);
			expect([at(0.1, 0.5)[3], at(0.9, 0.5)[3], at(0.5, 0.1)[3], at(0.5, 0.9)[3]]).toEqual([0, 0, 0, 0]);
			expect(at(0.5, 0.4)).toEqual([expect.any(Number), expect.any(Number), expect.any(Number), 255]);
			expect((at(0.5, 0.4)[0] ?? 0) - (at(0.5, 0.4)[2] ?? 0)).toBeGreaterThan(150);
			expect((at(0.5, 0.6)[2] ?? 0) - (at(0.5, 0.6)[0] ?? 0)).toBeGreaterThan(150);
		}
	},
);

test.each<[canvas: [number, number], left: number, top: number, size: [number, number]]>([
	[[0, 0], 0, 0, [20, 20]],
	[[10, 10], 0, 0, [20, 20]],
	[[10, 40], 5, 0, [25, 40]],
	[[32, 32], 24, 24, [44, 44]],
])("a canvas of %j with a frame at %d, %d grows to %j", async (canvas, left, top, size) => {
	const { width, height } = await drawn(canvas, left, top);

	expect([width, height]).toEqual(size);
});

test("a small frame on a large canvas is made smaller with it", async () => {
	const { width, height, full } = await drawn([5000, 2500], 4980, 2480);
	const { at } = await colours(full);

	expect([width, height]).toEqual([2048, 1024]);
	expect([at(0.5, 0.5)[3], at(0.9995, 0.9995)[3]]).toEqual([0, 255]);
});

test("an avatar is cut from the middle of the canvas", async () => {
	const pixels = Array(400).fill(1);
	const source = gifOf([100, 60], { left: 40, top: 20, width: 20, height: 20 }, pixels);
	const { full, width, height } = await render(new Blob([source]), "avatar");
	const { at } = await colours(full);

	expect([width, height]).toEqual([60, 60]);
	expect([at(0.5, 0.5)[3], at(0.1, 0.5)[3], at(0.9, 0.5)[3]]).toEqual([255, 0, 0]);
});

test.each([
	[
		"a canvas of billions of pixels",
		gifOf([65_535, 65_535], { left: 0, top: 0, width: 1, height: 1 }, [1]),
		"megapixels",
	],
	[
		"a frame far outside of its canvas",
		gifOf([1, 1], { left: 65_535, top: 65_535, width: 1, height: 1 }, [1]),
		"megapixels",
	],
	["a frame of no pixels", gifOf([10, 10], { left: 0, top: 0, width: 0, height: 0 }, []), "damaged"],
	["a PNG of no pixels", png(0, 10), "damaged"],
])("%s is refused", async (_, bytes, words) => {
	expect(await answer(bytes)).toContain(words);
});
