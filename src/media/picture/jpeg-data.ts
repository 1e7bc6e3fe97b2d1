import { readSegment, type Scan, type State } from "./jpeg-scan";

/** Blocks per turn of the event loop: about a millisecond. */
const blocksPerTurn = 8192;

/**
 * True when the data of a JPEG is complete: up to the last block and, if progressive, the last bit of each coefficient.
 * It follows the Huffman codes and computes no pixels. Only files without an end marker need it.
 */
export async function hasAllData(file: Buffer): Promise<boolean> {
	const bytes = withoutPadding(file);
	const state: State = { tables: new Map(), components: [], restartInterval: 0, tablesRead: 0 };
	for (let next = nextSegment(bytes, 2); next; ) {
		const { marker, start, end } = next;
		if (end > bytes.length) return false;
		const scan = readSegment(state, marker, bytes.subarray(start, end));
		if (scan === "damaged") return false;
		const bits = new Bits(bytes, end);
		if (scan && !(await followScan(bits, scan))) return false;
		next = nextSegment(bytes, bits.at);
	}
	return state.components.length > 0 && state.components.every(({ missingBits }) => missingBits.every((n) => n === 0));
}

/** The next marker with a length, and the bounds of its data. Undefined at the end of the picture. */
function nextSegment(bytes: Buffer, from: number): { marker: number; start: number; end: number } | undefined {
	for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 4 <= bytes.length; ) {
		const marker = bytes[at + 1] ?? 0;
		if (marker === 0xd9) return undefined;
		const hasLength = marker >= 0xc0 && marker !== 0xff && (marker < 0xd0 || marker > 0xd8);
		if (hasLength) return { marker, start: at + 4, end: at + 2 + bytes.readUInt16BE(at + 2) };
		at = bytes.indexOf(0xff, at + (marker === 0xff ? 1 : 2));
	}
	return undefined;
}

/** Drops trailing zeros, with which some programs pad unfinished downloads. No real scan ends with more than 64. */
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

/** `run` is the number of following blocks without a code of their own (EOBRUN). Returns the remaining run. */
function progressiveBlock(bits: Bits, scan: Scan, { dc, ac, seen }: Part, block: number, run: number): number {
	const { first, last, refines } = scan;
	if (first === 0) {
		bits.skip(refines ? 1 : bits.symbol(dc) & 15);
		return run;
	}
	const start = block * 64 + first;
	const end = block * 64 + last;
	if (run > 0) {
		if (refines) bits.skip(countSeen(seen, start, end));
		return run - 1;
	}
	for (let i = start; i <= end; i++) {
		const symbol = bits.symbol(ac);
		const zeros = symbol >> 4;
		const size = symbol & 15;
		if (size === 0 && zeros < 15) {
			const blocks = (1 << zeros) + bits.take(zeros);
			if (refines) bits.skip(countSeen(seen, i, end));
			return blocks - 1;
		}
		bits.skip(size);
		i = refines ? refineZeros(bits, seen, i, end, zeros) : i + zeros;
		if (size > 0 && i <= end) setSeen(seen, i);
	}
	return 0;
}

/** Skips `zeros` coefficients. Coefficients of earlier scans have one bit each and do not count. */
function refineZeros(bits: Bits, seen: Uint8Array, from: number, end: number, zeros: number): number {
	let i = from;
	for (let left = zeros; i <= end; i++) {
		if (isSeen(seen, i)) bits.skip(1);
		else if (left-- === 0) break;
	}
	return i;
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

/** Reads the bits of a scan up to the next marker, and zeros after it. */
class Bits {
	#bits = 0;
	#count = 0;
	/** Buffered bits that come from the padding, not from the file. */
	#paddingBits = 0;

	constructor(
		private readonly bytes: Buffer,
		public at: number,
	) {}

	/** True after a read beyond the data. */
	get isOverrun() {
		return this.#count < this.#paddingBits;
	}

	/** The value of the next Huffman code. */
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

	/** Skips the next restart marker; false when there is none. */
	restart(): boolean {
		if (this.isOverrun || this.bytes[this.at] !== 0xff || ((this.bytes[this.at + 1] ?? 0) & 0xf8) !== 0xd0)
			return false;
		this.at += 2;
		this.#count = 0;
		this.#paddingBits = 0;
		return true;
	}

	#fill(): void {
		while (this.#count <= 23) {
			const byte = this.bytes[this.at] ?? -1;
			const isMarker = byte === 0xff && this.bytes[this.at + 1] !== 0;
			this.#count += 8;
			if (byte < 0 || isMarker) {
				this.#bits <<= 8;
				this.#paddingBits += 8;
			} else {
				this.#bits = (this.#bits << 8) | byte;
				this.at += byte === 0xff ? 2 : 1; // a zero follows each data byte 255
			}
		}
	}
}
