/**
 * A map with a maximum number of entries, which drops the entries not written for longest. It has two halves, and drops the
 * older one when the younger is full. LRUCache would allocate its whole size at the start, and most servers need less than a
 * hundredth of it. Deleting the first entry of a Map again and again makes each search for the next one longer.
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
