import { readSegment, type Scan, type State } from "./jpeg-scan";

/** Blocks that are counted before other requests get their turn: about a millisecond. */
const blocksPerTurn = 8192;

/**
 * True when the data of a JPEG reaches to its last block, and for a progressive one to the last bit of each coefficient.
 * It follows the Huffman codes and computes no pixels. Only files without an end marker need it.
 */
export async function hasAllData(file: Buffer): Promise<boolean> {
	const bytes = withoutPadding(file);
	const state: State = { tables: new Map(), components: [], restartInterval: 0, tablesRead: 0 };
	for (let at = 2; ; ) {
		const start = bytes.indexOf(0xff, at);
		if (start < 0 || start + 4 > bytes.length) break;
		const marker = bytes[start + 1] ?? 0;
		at = start + (marker === 0xff ? 1 : 2);
		if (marker === 0xd9) break;
		if (marker < 0xc0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd9)) continue;
		const end = start + 2 + bytes.readUInt16BE(start + 2);
		if (end > bytes.length) return false;
		const scan = readSegment(state, marker, bytes.subarray(start + 4, end));
		if (scan === "damaged") return false;
		at = end;
		if (!scan) continue;
		const bits = new Bits(bytes, end);
		if (!(await followScan(bits, scan))) return false;
		at = bits.at;
	}
	return state.components.length > 0 && state.components.every(({ missingBits }) => missingBits.every((n) => n === 0));
}

/** Unfinished downloads may be filled up with zeros, which would be followed as codes. No scan ends with this many. */
function withoutPadding(file: Buffer): Buffer {
	let end = file.length;
	while (end > 0 && file[end - 1] === 0) end--;
	return file.length - end > 64 ? file.subarray(0, end) : file;
}

async function followScan(bits: Bits, scan: Scan): Promise<boolean> {
	const { parts, units, restartInterval } = scan;
	const follow = scan.progressive ? progressiveBlock : sequentialBlock;
	let run = 0;
	let turn = 0;
	for (let unit = 0; unit < units; unit++) {
		if (restartInterval && unit > 0 && unit % restartInterval === 0) {
			if (!bits.restart()) return false;
			run = 0;
		}
		for (const part of parts)
			for (let block = 0; block < part.blocksPerUnit; block++) run = follow(bits, scan, part, unit, run);
		if (bits.isOverrun) return false;
		if (++turn * parts.length >= blocksPerTurn) {
			turn = 0;
			await new Promise(setImmediate);
		}
	}
	return true;
}

type Part = Scan["parts"][number];

function sequentialBlock(bits: Bits, _: Scan, { dc, ac }: Part): number {
	bits.skip(bits.symbol(dc) & 15);
	for (let k = 1; k < 64; k++) {
		const symbol = bits.symbol(ac);
		if ((symbol & 15) === 0 && symbol !== 0xf0) break;
		k += symbol >> 4;
		bits.skip(symbol & 15);
	}
	return 0;
}

/** `run` is how many of the next blocks of this scan have no code of their own; the answer is what remains of it. */
function progressiveBlock(bits: Bits, scan: Scan, { dc, ac, seen }: Part, block: number, run: number): number {
	const { first, last, refines } = scan;
	if (first === 0) {
		bits.skip(refines ? 1 : bits.symbol(dc) & 15);
		return run;
	}
	const start = block * 64;
	if (run > 0) {
		if (refines) bits.skip(countSeen(seen, start + first, start + last));
		return run - 1;
	}
	for (let k = first; k <= last; k++) {
		const symbol = bits.symbol(ac);
		const zeros = symbol >> 4;
		const size = symbol & 15;
		if (size === 0 && zeros < 15) {
			const blocks = (1 << zeros) + bits.take(zeros);
			if (refines) bits.skip(countSeen(seen, start + k, start + last));
			return blocks - 1;
		}
		bits.skip(size);
		if (refines) {
			// Each coefficient that earlier scans brought has a bit here, and does not count among the zeros.
			let left = zeros;
			for (; k <= last; k++) {
				if (isSeen(seen, start + k)) bits.skip(1);
				else if (left-- === 0) break;
			}
		} else k += zeros;
		if (size > 0 && k <= last) setSeen(seen, start + k);
	}
	return 0;
}

const isSeen = (seen: Uint8Array, i: number) => ((seen[i >> 3] ?? 0) >> (i & 7)) & 1;
const setSeen = (seen: Uint8Array, i: number) => {
	seen[i >> 3] = (seen[i >> 3] ?? 0) | (1 << (i & 7));
};

function countSeen(seen: Uint8Array, from: number, to: number): number {
	let count = 0;
	for (let i = from; i <= to; i++) {
		if ((i & 7) === 0 && seen[i >> 3] === 0) i += 7;
		else count += isSeen(seen, i);
	}
	return count;
}

/** The bits of a scan, up to its next marker. Behind them are zeros. */
class Bits {
	#bits = 0;
	#count = 0;
	/** How many of the bits at hand are not in the file. */
	#invented = 0;

	constructor(
		private readonly bytes: Buffer,
		public at: number,
	) {}

	/** True once a bit was used that is not in the file. */
	get isOverrun() {
		return this.#count < this.#invented;
	}

	/** The next Huffman code's value. */
	symbol(table: Uint16Array): number {
		if (this.#count < 16) this.#fill();
		const entry = table[(this.#bits >>> (this.#count - 16)) & 0xffff] ?? 0;
		this.#count -= entry >> 8;
		return entry & 255;
	}

	take(length: number): number {
		if (this.#count < length) this.#fill();
		this.#count -= length;
		return (this.#bits >>> this.#count) & ((1 << length) - 1);
	}

	skip(length: number): void {
		for (; length > 16; length -= 16) this.take(16);
		this.take(length);
	}

	/** Goes behind the next restart marker; false when there is none. */
	restart(): boolean {
		if (this.isOverrun || this.bytes[this.at] !== 0xff || ((this.bytes[this.at + 1] ?? 0) & 0xf8) !== 0xd0)
			return false;
		this.at += 2;
		this.#count = 0;
		this.#invented = 0;
		return true;
	}

	#fill(): void {
		while (this.#count <= 23) {
			const byte = this.bytes[this.at] ?? -1;
			const isMarker = byte === 0xff && this.bytes[this.at + 1] !== 0;
			this.#count += 8;
			if (byte < 0 || isMarker) {
				this.#bits <<= 8;
				this.#invented += 8;
			} else {
				this.#bits = (this.#bits << 8) | byte;
				this.at += byte === 0xff ? 2 : 1; // a zero follows each 255 that is data
			}
		}
	}
}
