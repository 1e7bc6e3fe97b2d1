/** The lines of a text, without the space around them. */
export const lines = (text: string) =>
	text
		.split("\n")
		.map((line) => line.trim())
		.filter(Boolean);
