/** Codes per turn of the event loop: about a millisecond. */
const codesPerTurn = 200_000;

/** True when the codes of a GIF frame cover its last pixel. `data` starts with the minimum code size, in bits. */
export async function hasAllPixels(data: DataView, { width, height }: { width: number; height: number }) {
	const minCodeSize = data.byteLength > 0 ? data.getUint8(0) : 0;
	if (minCodeSize < 1 || minCodeSize > 11) return false;
	const clear = 2 ** minCodeSize;
	const table = new CodeTable(minCodeSize);
	const bits = bitsOf(data);
	let missing = width * height;
	for (let turn = 1; missing > 0; turn++) {
		const code = bits(table.codeSize);
		if (code < 0) return false;
		if (code === clear + 1) return true; // the end code of the data
		if (code === clear) table.clear();
		else {
			const pixels = table.read(code);
			if (pixels === 0) return false;
			missing -= pixels;
		}
		if (turn % codesPerTurn === 0) await new Promise(setImmediate);
	}
	return true;
}

/** The number of pixels of each code. Each code that is read adds one entry. */
class CodeTable {
	codeSize = 0;
	#next = 0;
	/** The pixels of the previous code; 0 after a clear code. */
	#last = 0;
	readonly #pixels: Uint32Array;

	constructor(private readonly minCodeSize: number) {
		this.#pixels = new Uint32Array(4096).fill(1, 0, 2 ** minCodeSize);
		this.clear();
	}

	clear(): void {
		this.#next = 2 ** this.minCodeSize + 2;
		this.codeSize = this.minCodeSize + 1;
		this.#last = 0;
	}

	/** The pixels of a code; 0 for an unknown code. */
	read(code: number): number {
		const isNew = code === this.#next && this.#last > 0;
		if (code >= this.#next && !isNew) return 0;
		const pixels = isNew ? this.#last + 1 : (this.#pixels[code] ?? 0);
		if (this.#last > 0 && this.#next < 4096) {
			this.#pixels[this.#next++] = this.#last + 1;
			if (this.#next === 2 ** this.codeSize && this.codeSize < 12) this.codeSize++;
		}
		this.#last = pixels;
		return pixels;
	}
}

/** Reads bits from the blocks of a GIF, low bits first. Returns -1 after the last block. */
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
