/**
 * Characters that are invisible by themselves: white space, controls, joiners, fillers, selectors, and blanks such as the
 * Braille blank. Combining marks are visible, on a dotted circle.
 */
const shown =
	/[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufff9-\ufffc\u{13430}-\u{1343f}\u{13441}\u{13442}\u{16fe4}\u{1d159}]/u;

/** True for a text that shows nothing. It counts as empty. */
export const isBlank = (text: string): boolean => !shown.test(text);

/** Text of several lines as it was typed, and the empty text for one that shows nothing. */
export const shownText = (typed: string): string => (isBlank(typed) ? "" : typed);

const lineBreaks = /[\t-\r\x85\u2028\u2029]+/g;
/** Controls, and the format characters that reorder or reshape what stands beside a text (overrides, isolates). */
const reaching = /[\p{Cc}\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]/gu;

/**
 * A name or title, which stands in a line beside others: without characters that reach beyond it, and without white space
 * around it. They are taken out and not refused, since people paste them without seeing them. Empty for a blank one.
 */
export const asName = (typed: string): string => shownText(typed.replace(lineBreaks, " ").replace(reaching, "").trim());

/**
 * Characters that control a terminal: controls except tab and line break, line separators, and direction marks.
 * U+009B begins an escape sequence, as ESC does.
 */
export const obeyed = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text of users or other machines, for a terminal: with a sign in place of each character that it would obey. */
export const harmless = (text: string): string => text.replace(obeyed, "\u{fffd}");
