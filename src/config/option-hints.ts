import { slipsBetween } from "../core/nearest";

/** Names that other programs use for the same option. */
const elsewhere: [RegExp, string][] = [[/^(CORS_)?ALLOW(ED)?_ORIGINS?$/, "CORS_ORIGINS"]];
/** Minimum length of a corrected name. Short names, such as HOSTS and POST, often belong to other programs. */
const shortest = 7;

/**
 * Finds the option that a misspelt variable means, or null. The match is strict, since other programs use the environment too.
 * It allows plurals, other separators, and one word that is shortened or has one wrong letter.
 */
export function meantOption(name: string, options: readonly string[]): string | null {
	const bare = name.toUpperCase().replace(/^MINIFEED_/, "");
	if (options.includes(bare) && (name.length >= shortest || bare === name)) return bare;
	const alias = elsewhere.find(([pattern]) => pattern.test(bare));
	if (alias) return alias[1];
	const given = wordsOf(bare);
	const long = options.filter((option) => option.length >= shortest);
	const isSame = (option: string) => wordsOf(option).join("") === given.join("");
	return long.find(isSame) ?? long.find((option) => isNear(given, wordsOf(option))) ?? null;
}

const wordsOf = (name: string) => name.split(/[_.-]/).map((word) => word.replace(/IES?$/, "Y").replace(/S$/, ""));

function isNear(given: string[], words: string[]): boolean {
	if (given.length !== words.length) return false;
	const [wrong, ...others] = words.map((word, i) => [given[i] ?? "", word] as const).filter(([a, b]) => a !== b);
	return wrong !== undefined && others.length === 0 && (isShortened(...wrong) || isMistyped(...wrong));
}

function isShortened(a: string, b: string): boolean {
	const [short, long] = a.length < b.length ? [a, b] : [b, a];
	return short.length >= 3 && long.startsWith(short);
}

/** True for one typing error: a letter is missing, added or replaced, or two neighbours are swapped. */
const isMistyped = (a: string, b: string): boolean => Math.min(a.length, b.length) >= 3 && slipsBetween(a, b) <= 1;

/** Describes quotes or white space around a value that are probably a mistake; null without any. */
export function oddEnds(value: string): string | null {
	if (value.length > 1 && /^["'`]/.test(value) && value.endsWith(value[0] as string))
		return "has quotes around it, which are part of the value. `docker run --env-file` keeps them.";
	if (/[\r\n]$/.test(value)) return "ends in a line break, which is part of the value.";
	return value.trim() === value ? null : "begins or ends with a blank, which is part of the value.";
}
