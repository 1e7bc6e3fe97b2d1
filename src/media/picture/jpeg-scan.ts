/** The blocks of one component in one scan. */
type Part = { blocksPerUnit: number; dc: Uint16Array; ac: Uint16Array; seen: Uint8Array };

export type Scan = {
	parts: Part[];
	/** The number of block groups in the scan, called MCU in the standard. */
	units: number;
	restartInterval: number;
	progressive: boolean;
	/** The range of coefficients, 0 to 63. `refines` is true for a scan that adds a bit to earlier ones. */
	first: number;
	last: number;
	refines: boolean;
};

type Component = {
	id: number;
	blocksPerUnit: number;
	/** The number of blocks when a scan has only this component. */
	blocks: number;
	/** For each coefficient, the low bits that no scan has sent yet; -1 before its first scan. */
	missingBits: Int8Array;
	/** One bit per coefficient: 1 when it is not zero. */
	seen: Uint8Array;
};

/** The state from all segments so far. The low 4 bits of a table's key are its number; AC tables add 16. */
export type State = {
	tables: Map<number, Uint16Array>;
	components: Component[];
	restartInterval: number;
	frame?: { progressive: boolean; units: number };
	tablesRead: number;
};

/** The limit of Huffman tables: each takes time to expand, and real files have a few per scan. */
const maxTables = 1000;

/** Processes a segment. Returns the scan whose data follows, if any. */
export function readSegment(state: State, marker: number, data: Buffer): Scan | "damaged" | undefined {
	if (marker === 0xc4) return readTables(state, data);
	if (marker === 0xdd && data.length >= 2) state.restartInterval = data.readUInt16BE(0);
	if (marker >= 0xc0 && marker <= 0xc2) return readFrame(state, marker === 0xc2, data);
	if (marker > 0xc2 && marker <= 0xcf && marker !== 0xc8) return "damaged"; // arithmetic coding is not supported
	return marker === 0xda ? readScan(state, data) : undefined;
}

/** Each table has an entry for all 65,536 next 16 bits: code length in the high byte, value in the low byte. */
function readTables(state: State, data: Buffer): "damaged" | undefined {
	for (let at = 0; at < data.length; ) {
		const counts = data.subarray(at + 1, at + 17);
		const total = counts.reduce((sum, count) => sum + count, 0);
		if (++state.tablesRead > maxTables || counts.length < 16 || total > 256 || at + 17 + total > data.length)
			return "damaged";
		const table = new Uint16Array(65_536).fill(16 << 8);
		let next = 0;
		let value = at + 17;
		for (const [i, count] of counts.entries())
			for (let code = 0; code < count; code++, value++) {
				const end = next + (1 << (15 - i));
				if (end > 65_536) return "damaged";
				table.fill(((i + 1) << 8) | (data[value] ?? 0), next, end);
				next = end;
			}
		state.tables.set(data[at] ?? 0, table);
		at = value;
	}
	return undefined;
}

function readFrame(state: State, progressive: boolean, data: Buffer): "damaged" | undefined {
	const count = data[5] ?? 0;
	if (state.frame || count === 0 || count > 4 || data.length < 6 + count * 3) return "damaged";
	const [height, width] = [data.readUInt16BE(1), data.readUInt16BE(3)];
	const sampling = Array.from({ length: count }, (_, i) => data[7 + i * 3] ?? 0);
	const across = Math.max(...sampling.map((factors) => factors >> 4));
	const down = Math.max(...sampling.map((factors) => factors & 15));
	if (width === 0 || height === 0 || sampling.some((factors) => factors >> 4 === 0 || (factors & 15) === 0))
		return "damaged";
	const blocksOf = (side: number, factor: number, most: number) => Math.ceil(Math.ceil((side * factor) / most) / 8);
	state.frame = { progressive, units: Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down)) };
	state.components = sampling.map((factors, i) => {
		const blocks = blocksOf(width, factors >> 4, across) * blocksOf(height, factors & 15, down);
		const missingBits = new Int8Array(64).fill(-1);
		const seen = new Uint8Array(progressive ? blocks * 8 : 0);
		return { id: data[6 + i * 3] ?? 0, blocksPerUnit: (factors >> 4) * (factors & 15), blocks, missingBits, seen };
	});
	return undefined;
}

const noCodes = new Uint16Array(65_536).fill(16 << 8);

function readScan({ frame, components, tables, restartInterval }: State, data: Buffer): Scan | "damaged" {
	const count = data[0] ?? 0;
	if (!frame || count === 0 || count > 4 || data.length < 4 + count * 2) return "damaged";
	const chosen = Array.from({ length: count }, (_, i) => components.find(({ id }) => id === data[1 + i * 2]));
	const [first = 0, last = 0, bits = 0] = frame.progressive ? data.subarray(1 + count * 2) : [0, 63, 0];
	if (first > last || last > 63 || (frame.progressive && first === 0 && last > 0) || (first > 0 && count > 1))
		return "damaged";

	const parts: Part[] = [];
	let units = frame.units;
	for (const [i, component] of chosen.entries()) {
		if (!component) return "damaged";
		const numbers = data[2 + i * 2] ?? 0;
		const dc = tables.get(numbers >> 4) ?? noCodes;
		const ac = tables.get(16 + (numbers & 15)) ?? noCodes;
		if (count === 1) units = component.blocks;
		parts.push({ blocksPerUnit: count === 1 ? 1 : component.blocksPerUnit, dc, ac, seen: component.seen });
		component.missingBits.fill(bits & 15, first, last + 1);
	}
	return { parts, units, restartInterval, progressive: frame.progressive, first, last, refines: bits >> 4 > 0 };
}
