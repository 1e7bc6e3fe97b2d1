import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { AppError } from "../../src/core/errors";
import { render } from "../../src/media/picture";
import { chunks, colours } from "./decode";
import { gif, jpeg, png, pngChunk, reseal, segment, webp, webpWithAlpha } from "./headers";

/**
 * The fixtures show four rectangles, 48 by 32 pixels: red, green, blue and yellow. Pillow wrote them with `save(exif=…)`
 * (orientation-*), `convert("CMYK")`, `quantize(8)` (palette, still), `save_all` (animated.*) and `transparency=`
 * (transparent). ImageMagick wrote 16bit (`-depth 16`) and interlaced (`-interlace PNG`). The profiles of profile-* and
 * tagged.* are made by hand, with the text SECRET-MACHINE. The one of Display P3 also has Apple's tag `mmod`. exiftool
 * added EXIF with GPS, XMP, a comment and IPTC to tagged.*, each with SECRET in its value.
 */
const folder = join(import.meta.dir, "fixtures");
const fixture = (name: string) => readFileSync(join(folder, name));
const fixtures = readdirSync(folder);
const post = (bytes: Uint8Array | string) => render(new Blob([bytes]), "post");
const avatar = (bytes: Uint8Array) => render(new Blob([bytes]), "avatar");

const red = [200, 40, 40, 255];
const green = [40, 160, 60, 255];
const blue = [40, 60, 200, 255];
const yellow = [230, 220, 60, 255];
const grey = ([r = 0, g = 0, b = 0]: number[]) => {
	const light = 0.299 * r + 0.587 * g + 0.114 * b;
	return [light, light, light, 255];
};

/** The largest distance of the four rectangles from these colours. */
async function distance(picture: Uint8Array, expected: number[][] = [red, green, blue, yellow]) {
	const { at } = await colours(picture);
	const found = [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)];
	return Math.max(...found.flatMap((rgba, i) => rgba.map((value, j) => Math.abs(value - (expected[i]?.[j] ?? 0)))));
}

test.each([
	["tagged.jpg", ["MAKE", "SERIAL", "ARTIST", "GPS", "XMP", "PLACE", "COMMENT", "USERCOMMENT", "IPTC", "MACHINE"]],
	["tagged.png", ["MAKE", "SERIAL", "ARTIST", "GPS", "XMP", "PLACE", "COMMENT", "USERCOMMENT"]],
	["tagged.webp", ["MAKE", "SERIAL", "ARTIST", "GPS", "XMP", "PLACE", "USERCOMMENT", "MACHINE"]],
])("nothing that %s tells about its maker and place comes through", async (name, secrets) => {
	const source = fixture(name);
	for (const secret of secrets) expect(source.includes(`SECRET-${secret}`)).toBe(true);

	for (const { full, thumbnail } of [await post(source), await avatar(source)])
		for (const picture of [full, thumbnail]) {
			expect(Buffer.from(picture).toString("latin1")).not.toMatch(/SECRET|Exif|GPS|xmp|IPTC|Photoshop|mmod/i);
			expect([...chunks(picture).keys()]).toEqual(["VP8X", "ICCP", "VP8 "]);
		}
});

test.each(fixtures.filter((name) => name.startsWith("orientation-")))("%s comes out upright", async (name) => {
	const { full, thumbnail, width, height } = await post(fixture(name));
	const square = await avatar(fixture(name));

	expect([width, height]).toEqual([48, 32]);
	expect(await distance(full)).toBeLessThan(12);
	expect(await distance(thumbnail)).toBeLessThan(12);
	expect([square.width, square.height]).toEqual([32, 32]);
	expect(await distance(square.full)).toBeLessThan(12);
});

const kinds = [
	"baseline.jpg",
	"progressive.jpg",
	"cmyk.jpg",
	"plain.png",
	"16bit.png",
	"interlaced.png",
	"palette.png",
];
test.each([...kinds, "still.gif", "lossy.webp", "lossless.webp"])("%s keeps its colours", async (name) => {
	const { full, thumbnail } = await post(fixture(name));

	expect(await distance(full)).toBeLessThan(12);
	expect(await distance(thumbnail)).toBeLessThan(12);
	expect(await distance((await avatar(fixture(name))).full)).toBeLessThan(12);
});

test.each(["gray.jpg", "gray.png", "profile-gray.png"])("%s stays grey, without a profile for grey", async (name) => {
	const { full } = await post(fixture(name));

	expect(await distance(full, [red, green, blue, yellow].map(grey))).toBeLessThan(6);
	expect(chunks(full).has("ICCP")).toBe(false);
});

test.each(["alpha.png", "alpha.webp", "transparent.png"])("%s stays transparent where it is", async (name) => {
	for (const { full, thumbnail } of [await post(fixture(name)), await avatar(fixture(name))])
		for (const picture of [full, thumbnail]) {
			const { at } = await colours(picture);
			expect(at(0.2, 0.2)[3]).toBe(0);
			expect(at(0.8, 0.8)[3]).toBe(255);
		}
});

test.each(["profile-p3.jpg", "profile-p3.webp", "profile-adobe.png"])(
	"of %s the profile keeps its colours only",
	async (name) => {
		const { full, thumbnail } = await post(fixture(name));
		const profile = chunks(full).get("ICCP") ?? Buffer.alloc(0);
		const tags = Array.from({ length: profile.readUInt32BE(128) }, (_, i) =>
			profile.toString("latin1", 132 + i * 12, 136 + i * 12),
		);

		expect(tags).toEqual(["desc", "cprt", "wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"]);
		expect(profile.subarray(24, 36)).toEqual(Buffer.alloc(12)); // its date
		expect(profile.subarray(80, 128)).toEqual(Buffer.alloc(48)); // its creator and id
		expect(profile.readUInt32BE(0)).toBe(profile.length);
		expect(profile.length).toBeLessThan(1000);
		expect(chunks(thumbnail).get("ICCP")).toEqual(profile);
		expect((chunks(full).get("VP8X")?.[0] ?? 0) & 0x20).toBe(0x20);
		const primary = profile.readUInt32BE(132 + 3 * 12 + 4);
		expect(profile.readInt32BE(primary + 8) / 65_536).toBeCloseTo(name.includes("p3") ? 0.51512 : 0.60974, 4);
	},
);

test("a profile for sRGB is left out, as a WebP without one is taken for sRGB", async () => {
	const { full } = await post(fixture("profile-srgb.png"));

	expect(chunks(full).has("ICCP")).toBe(false);
	expect((chunks(full).get("VP8X")?.[0] ?? 0) & 0x20).toBe(0);
	expect(await distance(full)).toBeLessThan(12);
});

test.each(["no profile at all", "\0".repeat(500)])("a damaged profile is left out: %j", async (text) => {
	const profile = pngChunk("iCCP", Buffer.concat([Buffer.from("x\0\0"), deflateSync(text)]));
	const plain = fixture("plain.png");
	const { full } = await post(Buffer.concat([plain.subarray(0, 33), profile, plain.subarray(33)]));

	expect(chunks(full).has("ICCP")).toBe(false);
	expect(await distance(full)).toBeLessThan(12);
});

/** Draws the four rectangles in this size. */
async function drawn(width: number, height: number) {
	return new Bun.Image(fixture("plain.png")).resize(width, height, { filter: "nearest" }).png().bytes();
}

test.each([
	[3000, 1500, [2048, 1024], [400, 200]],
	[1000, 2500, [819, 2048], [160, 400]],
	[2048, 2048, [2048, 2048], [400, 400]],
	[500, 300, [500, 300], [400, 240]],
	[3, 2, [3, 2], [3, 2]],
	[1, 1, [1, 1], [1, 1]],
	[5000, 1, [2048, 1], [400, 1]],
	[1, 40_000, [1, 2048], [1, 400]],
])("a post's picture of %d by %d fits its frames and is never enlarged", async (width, height, full, thumbnail) => {
	const made = await post(await drawn(width, height));
	const size = async (picture: Uint8Array) => {
		const { width, height } = await new Bun.Image(picture).metadata();
		return [width, height];
	};

	expect([made.width, made.height]).toEqual(full);
	expect(await size(made.full)).toEqual(full);
	expect(await size(made.thumbnail)).toEqual(thumbnail);
	expect(made.placeholder).toMatch(/^data:image\/webp;base64,.{40,2000}$/);
});

test.each([
	[3000, 1500, 512],
	[1000, 2500, 512],
	[600, 600, 512],
	[300, 200, 200],
	[50, 70, 50],
	[1, 1, 1],
	[8000, 1000, 256],
	[16_383, 2, 1],
	[1, 40_000, 1],
])("an avatar of %d by %d becomes a square of %d", async (width, height, side) => {
	const { full, thumbnail, ...made } = await avatar(await drawn(width, height));
	const [big, small] = [await colours(full), await colours(thumbnail)];

	expect([made.width, made.height, big.width, big.height]).toEqual([side, side, side, side]);
	expect([small.width, small.height]).toEqual([Math.min(side, 96), Math.min(side, 96)]);
});

test("an avatar is cut from the middle", async () => {
	const wide = (await avatar(await drawn(300, 100))).full;
	const tall = (await avatar(await drawn(100, 300))).full;

	for (const picture of [wide, tall]) {
		expect(await distance(picture)).toBeLessThan(12);
		const { at } = await colours(picture);
		expect(
			[at(0.4, 0.1)[0], at(0.6, 0.1)[0], at(0.1, 0.4)[2], at(0.1, 0.6)[2]].map((value) => (value ?? 0) > 120),
		).toEqual([true, false, false, true]);
	}
});

test("the same picture becomes the same bytes", async () => {
	expect(await post(fixture("tagged.jpg"))).toEqual(await post(fixture("tagged.jpg")));
	expect(await avatar(fixture("orientation-6.png"))).toEqual(await avatar(fixture("orientation-6.png")));
});

test("a file is read as a Blob in memory is", async () => {
	const path = join(folder, "orientation-7.webp");

	expect(await render(Bun.file(path), "post")).toEqual(await post(readFileSync(path)));
	await expect(render(Bun.file(`${path}.missing`), "post")).rejects.toMatchObject({ code: "ENOENT" });
});

const refusal = (bytes: Uint8Array | string) =>
	post(bytes).then(
		() => "taken",
		(error) => (error instanceof AppError ? [error.code, error.detail] : error),
	);

test.each(["animated.gif", "animated.webp", "animated.png"])(
	"%s is refused, as its motion would be lost",
	async (name) => {
		expect(await refusal(fixture(name))).toEqual(["unsupported_media", expect.stringContaining("Animations")]);
	},
);

test.each(["picture.bmp", "picture.tiff", "picture.heic", "picture.avif"])(
	"%s is refused with a way out",
	async (name) => {
		expect(await refusal(fixture(name))).toEqual(["unsupported_media", expect.stringContaining("JPEG, PNG or WebP")]);
	},
);

test.each([
	"",
	"Hello",
	"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
	"<!doctype html><script>alert(1)</script>",
	"PK\u0003\u0004",
	"GIF89a",
	"\u00ff\u00d8\u00ff",
	"RIFF\u0010\0\0\0WEBP",
])("what is no picture is refused: %j", async (text) => {
	expect(await refusal(Buffer.from(text, "latin1"))).toEqual(["unsupported_media", expect.any(String)]);
});

const [baseline, progressive] = [0xc0, 0xc2];
test.each([
	["PNG", 40, png(30_000, 30_000)],
	["WebP", 40, webp(16_000, 16_000)],
	["GIF", 40, gif(65_000, 65_000)],
	["baseline JPEG", 40, jpeg(8000, 5001, baseline)],
	["PNG", 24, png(6000, 4001)],
	["GIF", 24, gif(6000, 4001)],
	["WebP", 20, webp(5000, 4001)],
	["progressive JPEG", 20, jpeg(5000, 4001, progressive)],
	["JPEG of several scans", 20, jpeg(5000, 4001, baseline, 3, 1)],
	["progressive CMYK JPEG", 12, jpeg(4000, 3001, progressive, 4)],
	["WebP with an alpha plane", 12, webpWithAlpha(4000, 3001)],
])("a %s of more than %d megapixels is refused before it is decoded", async (_, limit, bytes) => {
	expect(await refusal(bytes)).toEqual(["too_large", expect.stringContaining(`${limit} megapixels`)]);
});

test.each([
	["PNG", png(6000, 4000)],
	["GIF", gif(65_535, 1)],
	["WebP", webp(5000, 4000)],
	["baseline JPEG", jpeg(8000, 5000, baseline)],
	["CMYK JPEG", jpeg(8000, 5000, baseline, 4)],
	["progressive JPEG", jpeg(5000, 4000, progressive)],
])("a %s at its limit is not too large", async (_, bytes) => {
	expect((await refusal(bytes))[0]).not.toBe("too_large");
});

const zeros = deflateSync(Buffer.alloc(60_000_000), { level: 9 });
test.each([
	["zTXt", "x\0\0"],
	["iTXt", "x\0\u0001\0\0\0"],
	["iCCP", "x\0\0"],
])("a PNG whose %s would inflate to gigabytes is refused", async (kind, head) => {
	const bomb = pngChunk(kind, Buffer.concat([Buffer.from(head, "latin1"), zeros]));

	expect(await refusal(png(1, 1, bomb, bomb))).toEqual(["unsupported_media", expect.stringContaining("compressed")]);
});

test("long texts that are not compressed do no harm to a PNG", async () => {
	const text = pngChunk("iTXt", Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${"x".repeat(200_000)}`));
	const plain = fixture("plain.png");

	expect(
		await distance((await post(Buffer.concat([plain.subarray(0, 33), text, plain.subarray(33)]))).full),
	).toBeLessThan(12);
});

test("a JPEG with a huge colour profile is refused", async () => {
	const part = segment(0xe2, Buffer.alloc(65_000));
	const [start, rest] = [fixture("baseline.jpg").subarray(0, 2), fixture("baseline.jpg").subarray(2)];
	const source = Buffer.concat([start, ...Array<Buffer>(17).fill(part), rest]);

	expect(await refusal(source)).toEqual(["unsupported_media", expect.stringContaining("profile")]);
});

test("a progressive JPEG of thousands of scans is refused", async () => {
	const source = jpeg(5000, 4000, progressive);
	const scan = segment(0xda, [1, 1, 0, 1, 63, 0]);
	const [start, end] = [source.subarray(0, -2), source.subarray(-2)];

	expect(await refusal(Buffer.concat([start, ...Array<Buffer>(101).fill(scan), end]))).toEqual([
		"unsupported_media",
		expect.stringContaining("too many parts"),
	]);
});

const payload = "<script>alert('polyglot')</script>PK\u0003\u0004/*=polyglot*/";
const inside = (name: string, at: number, part: Buffer) => {
	const bytes = fixture(name);
	return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
};
test.each([
	...kinds.map((name): [string, Buffer] => [`behind ${name}`, Buffer.concat([fixture(name), Buffer.from(payload)])]),
	["behind still.gif", Buffer.concat([fixture("still.gif"), Buffer.from(payload)])],
	["behind lossy.webp", Buffer.concat([fixture("lossy.webp"), Buffer.from(payload)])],
	["in the comment of a JPEG", inside("baseline.jpg", 2, segment(0xfe, Buffer.from(payload)))],
	["in a segment of a JPEG", inside("baseline.jpg", 2, segment(0xe5, Buffer.from(payload)))],
	["in a text of a PNG", inside("plain.png", 33, pngChunk("tEXt", Buffer.from(`x\0${payload}`)))],
	["in an unknown chunk of a PNG", inside("plain.png", 33, pngChunk("juNk", Buffer.from(payload)))],
	[
		"in the profile of a PNG",
		inside("plain.png", 33, pngChunk("iCCP", Buffer.concat([Buffer.from("x\0\0"), deflateSync(payload.repeat(9))]))),
	],
])("a program hidden %s does not come through", async (_, source) => {
	for (const { full, thumbnail } of [await post(source), await avatar(source)])
		for (const picture of [full, thumbnail])
			expect(Buffer.from(picture).toString("latin1")).not.toMatch(/polyglot|script/);
});

/** Pseudo-random numbers, equal in every run. */
function random(seed: number) {
	return (below: number) => {
		seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((seed / 2 ** 32) * below);
	};
}

const victims = [...kinds, "tagged.jpg", "tagged.png", "tagged.webp", "profile-p3.webp", "alpha.webp", "still.gif"];
test.each([...victims, "animated.gif", "animated.png", "orientation-6.webp", "orientation-7.png"])(
	"%s, cut short or changed at will, is rendered or refused",
	async (name) => {
		const pick = random(7);
		for (let run = 0; run < 300; run++) {
			const whole = Buffer.from(fixture(name));
			const bytes = run % 4 === 0 ? whole.subarray(0, pick(whole.length)) : whole;
			for (let change = pick(4); bytes.length && change >= 0; change--) {
				// half of the changes in the first bytes, where the headers are
				const at = pick(pick(2) ? bytes.length : Math.min(bytes.length, 200));
				bytes[at] = pick(256);
			}
			if (name.endsWith("png") && run % 2) reseal(bytes);
			const made = await render(new Blob([bytes]), run % 3 ? "post" : "avatar").catch((error) => error);
			if (made instanceof AppError) continue;
			expect(made).not.toBeInstanceOf(Error);
			for (const picture of [made.full, made.thumbnail])
				expect((await new Bun.Image(picture).metadata()).format).toBe("webp");
		}
	},
);
