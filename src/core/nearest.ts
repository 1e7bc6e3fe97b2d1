/** Maximum typing errors of a name that is still recognised. */
const maxSlips = 2;

/** Finds the known name nearest to a misspelt one; undefined if none is near. Reads at most 64 characters. */
export function nearest(name: string, known: string[]): string | undefined {
	const given = plain(name.slice(0, 64));
	let best: { name: string; slips: number } | undefined;
	for (const name of known) {
		const slips = slipsBetween(given, plain(name));
		// One error in three letters, so that short names are not confused.
		if (slips <= Math.min(maxSlips, given.length / 3) && slips < (best?.slips ?? maxSlips + 1)) best = { name, slips };
	}
	return best?.name;
}

/** `displayName`, `Display-Name` and `display_name` are the same name. */
const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Letters to add, leave out, replace or swap with the next one (optimal string alignment). */
export function slipsBetween(a: string, b: string): number {
	let before: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const isSame = a[i - 1] === b[j - 1];
			let slips = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1));
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				slips = Math.min(slips, (before[j - 2] ?? 0) + 1);
			row.push(slips);
		}
		before = last;
		last = row;
	}
	return last[b.length] ?? 0;
}
