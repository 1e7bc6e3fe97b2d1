/** Reads some bytes of a file. At its end there are fewer than were asked for. */
export type Read = (at: number, length: number) => Promise<DataView>;

const windowBytes = 32 * 1024;

/** Headers lie close together or far apart: a window that moves reads neither the whole file nor the same part twice. */
export function reader(source: Blob): Read {
	let start = 0;
	let window = new Uint8Array();
	return async (at, length) => {
		if (at < start || at + length > start + window.length) {
			start = at;
			window = await source.slice(at, at + Math.max(length, windowBytes)).bytes();
		}
		const from = Math.min(at - start, window.length);
		return new DataView(window.buffer, window.byteOffset + from, Math.min(length, window.length - from));
	};
}

/** A length that reaches to the end of every file. */
export const toEnd = 2 ** 40;

export const bytesOf = (view: DataView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

/** Four letters, as the formats name their parts. */
export const name = (view: DataView, at: number) =>
	String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
