/** Reads bytes of a file. Returns fewer than requested at its end. */
export type Read = (at: number, length: number) => Promise<DataView>;

const windowBytes = 32 * 1024;

/** Reads through a moving window, so that neither close nor distant headers cause repeated or complete reads. */
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

/** A length beyond the end of every file. */
export const toEnd = 2 ** 40;

export const bytesOf = (view: DataView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

/** The four-letter name of a chunk or tag. */
export const name = (view: DataView, at: number) =>
	String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
