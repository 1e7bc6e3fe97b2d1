/**
 * Characters that are invisible by themselves: white space, controls, joiners, fillers, selectors, and blanks such as the
 * Braille blank. Combining marks are visible, on a dotted circle.
 */
const shown =
	/[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufff9-\ufffc\u{13430}-\u{1343f}\u{13441}\u{13442}\u{16fe4}\u{1d159}]/u;

/** True for an invisible text, which counts as empty. */
export const isBlank = (text: string): boolean => !shown.test(text);

/** Keeps a text of several lines as typed. An invisible text becomes empty. */
export const shownText = (typed: string): string => (isBlank(typed) ? "" : typed);

const lineBreaks = /[\t-\r\x85\u2028\u2029]+/g;
/** Controls, and format characters that change the order of neighbouring text (overrides, isolates). */
const reaching = /[\p{Cc}\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]/gu;

/**
 * Cleans a name or title, which shares its line with other text. Removes characters that affect other text, and white space
 * around it. It does not refuse them, since people paste them unseen. A blank name becomes empty.
 */
export const asName = (typed: string): string => shownText(typed.replace(lineBreaks, " ").replace(reaching, "").trim());

/**
 * Characters that control a terminal: controls except tab and line break, line separators, and direction marks.
 * U+009B begins an escape sequence, as ESC does.
 */
export const obeyed = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Replaces each control character in text of users or other machines, for output on a terminal. */
export const harmless = (text: string): string => text.replace(obeyed, "\u{fffd}");
