/**
 * A map of at most so many entries, which forgets what was not written for longest: in two halves, the older of which goes
 * when the younger is full. LRUCache would take its whole room at the start, and most servers never need a hundredth of it;
 * and a Map that loses its first entry again and again has to look for the next one ever farther from its beginning.
 */
export function table<Value>(most: number) {
	let young = new Map<string, Value>();
	let old = new Map<string, Value>();

	return {
		get: (key: string) => young.get(key) ?? old.get(key),
		delete: (key: string) => young.delete(key) || old.delete(key),
		size: () => young.size + old.size,
		set(key: string, value: Value) {
			if (!young.has(key)) old.delete(key);
			young.set(key, value);
			if (young.size < most / 2) return;
			old = young;
			young = new Map();
		},
	};
}
