const cellEnd = "\u0000";
const rowEnd = "\u0001";
/** A line break that stays. The others are spaces, as in HTML. */
const lineBreak = "\u0002";
const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;
const dim = (text: string) => `\u001b[2m${text}\u001b[22m`;

/** Columns of a page: those of the terminal, 40 to 100; 80 for an unknown width. */
export const pageColumns = ({ columns }: { columns?: number }): number => Math.min(Math.max(columns || 80, 40), 100);

/** Renders Markdown for a terminal, `width` columns wide, with bold and dim text. Links show their text only. */
export function renderForTerminal(markdown: string, width: number): string {
	return Bun.markdown
		.render(markdown, {
			heading: (text) => `${bold(text)}\n\n`,
			paragraph: (text) => `${wrap(text, width, "")}\n\n`,
			code: (text) => `${indent(text.trimEnd(), "    ")}\n\n`,
			codespan: (text) => bold(text),
			strong: (text) => bold(text),
			link: (text) => text,
			image: () => "",
			html: () => "",
			list: (items, { depth }) => (depth === 0 ? `${items}\n` : `${lineBreak}${items}`),
			listItem: (text, { index, ordered, start = 1 }) => {
				const mark = ordered ? `${start + index}. ` : "- ";
				return `${mark}${wrap(text.trim(), width - 4, " ".repeat(mark.length))}${lineBreak}`;
			},
			th: (text) => text + cellEnd,
			td: (text) => text + cellEnd,
			tr: (cells) => cells + rowEnd,
			table: (rows) => renderTable(rows, width),
		})
		.replaceAll(lineBreak, "\n")
		.trimEnd();
}

/** One paragraph a row: its first cell, then the others with the heads of their columns. Any width shows it. */
function renderTable(rows: string, width: number): string {
	const cells = rows.split(rowEnd).map((row) => row.split(cellEnd).slice(0, -1));
	const [heads = [], ...others] = cells.filter((row) => row.length > 0);
	const isPair = heads.length === 2;
	return others
		.map(([first = "", ...rest]) => {
			const filled = rest.map((text, at) => (isPair ? text : `${dim(`${heads[at + 1]}:`)} ${text}`));
			const lines = filled.map((text) => `    ${wrap(text, width - 4, "    ")}`);
			return `${[bold(first), ...lines].join("\n")}\n`;
		})
		.join("\n")
		.concat("\n");
}

/** Breaks a text into lines; all but the first begin with `prefix`. */
const wrap = (text: string, width: number, prefix: string) =>
	text
		.replaceAll("\n", " ")
		.split(lineBreak)
		.flatMap((line) => Bun.wrapAnsi(line, width).split("\n"))
		.join(lineBreak + prefix);

const indent = (text: string, prefix: string) => text.replace(/^/gm, prefix);
