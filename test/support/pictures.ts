type Colour = [red: number, green: number, blue: number];
type Options = {
	width?: number;
	height?: number;
	format?: "jpeg" | "png" | "webp";
	at?: (x: number, y: number) => Colour;
};

/** A picture as somebody would send it; by default a small JPEG of one colour. */
export async function picture({ width = 64, height = 48, format = "jpeg", at = () => [200, 80, 40] }: Options = {}) {
	return new Blob([await new Bun.Image(bitmap(width, height, at))[format]().bytes()]);
}

/** The simplest picture there is, as bytes: a BMP of 24 bits. It is not taken itself. */
export function bitmap(width: number, height: number, at: (x: number, y: number) => Colour): Uint8Array<ArrayBuffer> {
	const stride = Math.ceil((width * 3) / 4) * 4;
	const bytes = new Uint8Array(54 + stride * height);
	const view = new DataView(bytes.buffer);
	bytes.set([0x42, 0x4d]);
	view.setUint32(2, bytes.length, true);
	view.setUint32(10, 54, true);
	view.setUint32(14, 40, true);
	view.setInt32(18, width, true);
	view.setInt32(22, -height, true); // from the top
	view.setUint16(26, 1, true);
	view.setUint16(28, 24, true);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) bytes.set(at(x, y).toReversed(), 54 + y * stride + x * 3);
	return bytes;
}

type Fields = Record<string, string | Blob>;

/** A form as a browser sends it. */
export function form(fields: Fields): FormData {
	const data = new FormData();
	for (const [name, value] of Object.entries(fields)) data.append(name, value);
	return data;
}
