let isEager = false;

/**
 * Makes something at its first use. Stores prepare their statements like this: to build and prepare all of them takes half of
 * a start, and the first requests need few.
 */
export function lazily<T extends object>(make: () => T): () => T {
	let made = isEager ? make() : undefined;
	return () => {
		made ??= make();
		return made;
	};
}

/** Makes at once what `lazily` would make later, while `work` runs: so a test sees every statement. */
export function eagerly<T>(work: () => T): T {
	isEager = true;
	try {
		return work();
	} finally {
		isEager = false;
	}
}

/** Makes one for each owner, such as a database: its stores share the statements of it. */
export function oncePer<Owner extends object, T>(make: (owner: Owner) => T): (owner: Owner) => T {
	const made = new WeakMap<Owner, { it: T }>();
	return (owner) => {
		const found = made.get(owner) ?? { it: make(owner) };
		made.set(owner, found);
		return found.it;
	};
}
