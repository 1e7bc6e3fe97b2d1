/** Reads a file of corpus/: the lines below each heading `# name`. The caller names the headings that its file has. */
export function sectionsOf<Name extends string>(text: string): Record<Name, string[]> {
	const found: Record<string, string[]> = {};
	let lines: string[] = [];
	for (const line of text.split(/\r?\n/).filter(Boolean)) {
		if (!line.startsWith("# ")) lines.push(line);
		else {
			lines = [];
			found[line.slice(2)] = lines;
		}
	}
	return found as Record<Name, string[]>;
}
