/** A picture of one colour, 0xRRGGBB. */
export async function jpeg(width: number, height: number, colour = 0xd08030): Promise<Buffer> {
	const rowBytes = Math.ceil((width * 3) / 4) * 4;
	const bitmap = Buffer.alloc(54 + rowBytes * height);
	bitmap.write("BM");
	bitmap.writeUInt32LE(bitmap.length, 2);
	bitmap.writeUInt32LE(54, 10); // where the pixels begin
	bitmap.writeUInt32LE(40, 14); // the size of this second header
	bitmap.writeInt32LE(width, 18);
	bitmap.writeInt32LE(height, 22);
	bitmap.writeUInt16LE(1, 26); // planes
	bitmap.writeUInt16LE(24, 28); // bits of a pixel
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) bitmap.writeUIntLE(colour, 54 + y * rowBytes + x * 3, 3);
	return Buffer.from(await new Bun.Image(bitmap).jpeg().bytes());
}
