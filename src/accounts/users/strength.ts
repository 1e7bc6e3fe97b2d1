import { ZxcvbnFactory, type ZxcvbnResult } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

/**
 * Guesses that a password must withstand. zxcvbn counts a little less for three common parts, such as a name, a year and
 * an exclamation mark. Three unrelated words need at least 10^10.
 */
const minGuesses = 1.5e8;
/** zxcvbn reads this many characters. Its time grows faster than the length; 32 take at most 30 ms. */
const estimatedLength = 32;

/** Words of this product, which an attacker tries first (ASVS 5.0, 6.2.11). */
const placeWords = ["mini social feed", "minisocialfeed", "minifeed"];

/** Normalizes a password before it is compared with words: case and accents add few guesses. */
const fold = (text: string) =>
	text
		.normalize("NFKD")
		.replace(/[\u0300-\u036f]/g, "")
		.normalize("NFKC")
		.toLowerCase();

const estimator = new ZxcvbnFactory({
	dictionary: { ...dictionary, calendar: calendarWords() },
	graphs: adjacencyGraphs,
	maxLength: estimatedLength,
	timeEstimationValues: {
		scoring: { 0: 1e3, 1: 1e6, 2: minGuesses, 3: 1e10 },
		attackTime: {
			onlineThrottlingXPerHour: 100,
			onlineNoThrottlingXPerSecond: 10,
			offlineSlowHashingXPerSecond: 1e4,
			offlineFastHashingXPerSecond: 1e10,
		},
	},
});
/** The score of a password that withstands `minGuesses`. */
const strongEnough = 3;

const advice = "use three words that do not belong together, or random characters.";

/** Explains why a password is easy to guess; null for a strong one. `names` are names of its owner. */
export function weaknessOf(password: string, names: string[]): string | null {
	const result = estimator.check(fold(password), [...names.flatMap(wordsOf), ...placeWords]);
	// zxcvbn counts ten possibilities for a random character, which is too few for eight of them.
	const isRandom =
		result.sequence.every(({ pattern }) => pattern === "bruteforce") &&
		[...password].length >= 8 &&
		/\D/.test(password);
	return isRandom || result.score >= strongEnough ? null : `${reasonOf(result)}; ${advice}`;
}

/** A name and its parts, without parts that are too short to match. */
function wordsOf(name: string): string[] {
	const folded = fold(name);
	const parts = [folded, ...folded.split(/[@.]/), ...folded.split(/[@._+-]/)];
	return [...new Set(parts)].filter((part) => part.length > 2);
}

const common = "Is one of the most common passwords";
const keys = "Is made of neighbouring keys";
const repeats = "Repeats the same characters or words";
const date = "Is made of a date or a year, with little added";
const word = "Is made of a common word or name, with little added";
/** Messages by the names of the warnings of zxcvbn. */
const reasons: Record<string, string> = {
	topTen: common,
	topHundred: common,
	common,
	similarToCommon: "Is close to one of the most common passwords",
	straightRow: keys,
	keyPattern: keys,
	simpleRepeat: repeats,
	extendedRepeat: repeats,
	sequences: "Is made of a sequence such as abc or 123",
	recentYears: date,
	dates: date,
	wordByItself: word,
	namesByThemselves: word,
	commonNames: word,
	userInputs: "Must be more than the username, the e-mail address or the name of this place",
};

function reasonOf({ feedback, sequence }: ZxcvbnResult): string {
	const known = feedback.warning && reasons[feedback.warning];
	if (known) return known;
	const dictionaries = sequence.map((match) => "dictionaryName" in match && match.dictionaryName);
	if (dictionaries.includes("calendar")) return "Is made of a season, a month or a day, with little added";
	return dictionaries.some(Boolean) ? word : "Is too easy to guess";
}

/** Seasons, months and days of the week in the languages of most passwords. The library's list has few of them. */
function calendarWords(): string[] {
	const seasons = [
		"spring summer autumn fall winter fruhling fruehling sommer herbst printemps ete automne hiver primavera verano",
		"otono invierno estate autunno inverno outono verao lente zomer herfst wiosna lato jesien zima",
	].flatMap((line) => line.split(" "));
	const names = ["en", "de", "fr", "es", "it", "pt", "nl", "pl"].flatMap((language) => {
		const month = new Intl.DateTimeFormat(language, { month: "long", timeZone: "UTC" });
		const weekday = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });
		// The first of each month, and seven days in a row.
		const months = Array.from({ length: 12 }, (_, i) => month.format(Date.UTC(2024, i)));
		const weekdays = Array.from({ length: 7 }, (_, i) => weekday.format(Date.UTC(2024, 0, 1 + i)));
		return [...months, ...weekdays];
	});
	return [...new Set([...seasons, ...names.map(fold)])];
}
