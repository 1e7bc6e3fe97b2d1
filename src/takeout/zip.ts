/** A file of the archive. No piece of its content may be empty. */
export type Entry = {
	name: string;
	modifiedAt: Date;
	content: Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array | string>;
};

/** Makes a ZIP of uncompressed files while the caller reads it. Memory holds a directory entry for each file. */
export async function* zip(entries: AsyncIterable<Entry>): AsyncGenerator<Uint8Array> {
	// Imported late, because few servers make a ZIP soon after their start.
	const { makeZip } = await import("client-zip");
	let count = 0;
	async function* inputs() {
		for await (const { name, modifiedAt, content } of entries) {
			count++;
			yield { name, lastModified: modifiedAt, input: content };
		}
	}
	const reader = makeZip(inputs()).getReader();
	try {
		let [previous, last]: (Uint8Array | undefined)[] = [];
		for (;;) {
			const { value, done } = await reader.read();
			if (done) break;
			if (last) yield last;
			[previous, last] = [last, value];
		}
		if (!last) return;
		if (count >= maxUint16 && !isEnd64(previous)) yield end64(last, count);
		yield last;
	} finally {
		await reader.cancel().catch(() => {}); // cancel() throws its reason in `inputs`, and rejects with it
	}
}

const maxUint16 = 0xffff;
const signatures = { end64: 0x06064b50, locator64: 0x07064b50 };

const view = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);
const isEnd64 = (piece: Uint8Array | undefined) =>
	piece !== undefined && piece.length >= 56 && view(piece).getUint32(0, true) === signatures.end64;

/**
 * Makes the ZIP64 records with the number of files, which is too large for the usual record `end`. client-zip 2.5.1 writes
 * them for large archives, but not for archives of many files (Touffy/client-zip#95).
 */
function end64(end: Uint8Array, count: number): Uint8Array {
	const [size, offset] = [view(end).getUint32(12, true), view(end).getUint32(16, true)];
	const records = new Uint8Array(56 + 20);
	const to = view(records);
	to.setUint32(0, signatures.end64, true);
	to.setBigUint64(4, 44n, true); // bytes of the record that follow
	to.setUint16(12, 45, true); // made by version 4.5, which readers need
	to.setUint16(14, 45, true);
	to.setBigUint64(24, BigInt(count), true);
	to.setBigUint64(32, BigInt(count), true);
	to.setBigUint64(40, BigInt(size), true);
	to.setBigUint64(48, BigInt(offset), true);
	to.setUint32(56, signatures.locator64, true);
	to.setBigUint64(64, BigInt(offset) + BigInt(size), true);
	to.setUint32(72, 1, true); // number of disks
	return records;
}
