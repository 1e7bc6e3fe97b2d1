/**
 * A map of bounded size that drops what was not used for longest. LRUCache would take its whole room at the start, and
 * most servers never need a hundredth of it. Each newcomer also shows two out that are `idle`, so that a flood is
 * forgotten when it is over.
 */
export function table<Value>(most: number, isIdle: (value: Value) => boolean) {
	const entries = new Map<string, Value>();

	const dropIdle = () => {
		let looked = 0;
		for (const [key, value] of entries) {
			if (isIdle(value)) entries.delete(key);
			if (++looked === 2) break;
		}
	};

	return {
		get: (key: string) => entries.get(key),
		delete: (key: string) => entries.delete(key),
		size: () => entries.size,
		set(key: string, value: Value) {
			if (!entries.delete(key)) dropIdle();
			entries.set(key, value);
			if (entries.size <= most) return;
			for (const oldest of entries.keys()) {
				entries.delete(oldest);
				break;
			}
		},
	};
}
