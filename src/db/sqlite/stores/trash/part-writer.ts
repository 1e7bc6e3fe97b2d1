import type { Tx } from "../../query/atomic";
import type { Entries, Entry } from "./entries";
import { maxCharacters, maxRows } from "./rows";

/** Collects rows of an entry; `flush` writes them as parts. Without an entry it discards them. */
export function partWriter(tx: Tx, entries: Entries, entry: Entry | null) {
	const lines = new Map<number, string[]>();
	let characters = 0;
	const flush = () => {
		for (const [band, gathered] of lines) if (entry) entries.addParts(tx, entry, band, [gathered.join("\n")]);
		lines.clear();
		characters = 0;
	};
	return {
		flush,
		add(band: number, line: string) {
			const gathered = lines.get(band) ?? [];
			gathered.push(line);
			lines.set(band, gathered);
			characters += line.length;
			if (gathered.length >= maxRows || characters >= maxCharacters) flush();
		},
		picture(name: string | undefined) {
			if (entry && name !== undefined) entries.keepPicture(tx, entry, name);
		},
	};
}
export type PartWriter = ReturnType<typeof partWriter>;
