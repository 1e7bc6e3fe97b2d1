/** Removes the characters `end` from the end of a text. A pattern such as `/x+$/` takes quadratic time. */
export function withoutEnd(text: string, end: string): string {
	let length = text.length;
	while (length > 0 && text[length - 1] === end) length--;
	return text.slice(0, length);
}
