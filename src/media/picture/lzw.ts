/** Codes that are followed before other requests get their turn: about a millisecond. */
const codesPerTurn = 200_000;

/** True when the codes of a GIF's frame reach to its last pixel. `data` begins with the size of the first code. */
export async function hasAllPixels(data: DataView, { width, height }: { width: number; height: number }) {
	const codes = codesOf(data);
	let missing = width * height;
	for (let turn = 1; missing > 0; turn++) {
		const pixels = codes.next();
		if (pixels.done) return pixels.value;
		missing -= pixels.value;
		if (turn % codesPerTurn === 0) await new Promise(setImmediate);
	}
	return true;
}

/** How many pixels each code stands for. The answer at the end is true when the data says itself that it ends. */
function* codesOf(data: DataView): Generator<number, boolean> {
	const first = data.byteLength > 0 ? data.getUint8(0) : 0;
	if (first < 1 || first > 11) return false;
	const clear = 2 ** first;
	const lengths = new Uint32Array(4096).fill(1, 0, clear);
	let next = clear + 2;
	let size = first + 1;
	let last = 0;
	for (const bits = bitsOf(data); ; ) {
		const code = bits(size);
		if (code < 0) return false;
		if (code === clear + 1) return true;
		if (code === clear) {
			next = clear + 2;
			size = first + 1;
			last = 0;
			continue;
		}
		const isNew = code === next && last > 0;
		if (code >= next && !isNew) return false;
		const length = isNew ? last + 1 : (lengths[code] ?? 0);
		if (last > 0 && next < 4096) {
			lengths[next++] = last + 1;
			if (next === 2 ** size && size < 12) size++;
		}
		last = length;
		yield length;
	}
}

/** Bits from the blocks of a GIF, the low ones first; -1 behind the last. */
function bitsOf(data: DataView): (count: number) => number {
	let at = 1;
	let left = 0;
	let bits = 0;
	let held = 0;
	return (count) => {
		while (held < count) {
			if (left === 0) {
				if (at >= data.byteLength) return -1;
				left = data.getUint8(at++);
				if (left === 0) return -1;
			}
			if (at >= data.byteLength) return -1;
			bits |= data.getUint8(at++) << held;
			held += 8;
			left--;
		}
		const value = bits & ((1 << count) - 1);
		bits >>>= count;
		held -= count;
		return value;
	};
}
