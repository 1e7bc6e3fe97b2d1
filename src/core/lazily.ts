let isEager = false;

/**
 * Creates a value at its first use. Stores prepare their statements like this: preparing all of them takes half of a start,
 * and the first requests need few.
 */
export function lazily<T extends object>(make: () => T): () => T {
	let made = isEager ? make() : undefined;
	return () => {
		made ??= make();
		return made;
	};
}

/** While `work` runs, `lazily` creates values at once, so that a test sees every statement. */
export function eagerly<T>(work: () => T): T {
	isEager = true;
	try {
		return work();
	} finally {
		isEager = false;
	}
}

/** Creates one value for each owner. The stores of a database share its statements like this. */
export function oncePer<Owner extends object, T>(make: (owner: Owner) => T): (owner: Owner) => T {
	const made = new WeakMap<Owner, { it: T }>();
	return (owner) => {
		const found = made.get(owner) ?? { it: make(owner) };
		made.set(owner, found);
		return found.it;
	};
}
