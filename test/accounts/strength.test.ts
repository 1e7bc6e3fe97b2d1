import { expect, test } from "bun:test";
import fc from "fast-check";
import { weaknessOf } from "../../src/accounts/users/strength";

const names = ["ada_lovelace", "ada@feed-club.example"];
const advice = "; use three words that do not belong together, or random characters.";

const refused: Record<string, string[]> = {
	"Is one of the most common passwords": [
		"password1",
		"Password123",
		"PASSWORD123",
		"qwertyuiop",
		"iloveyou1",
		"trustno1",
	],
	"Is close to one of the most common passwords": [
		"password123456",
		"Passw0rd!",
		"admin12345",
		"P@$$w0rd!",
		"peter.smith",
		"password password",
		"l3tm31n!!",
		"Welcome2024!",
		"monkey2023",
		"drowssap1",
		"ninja12345",
		"Liverpool123!",
	],
	"Repeats the same characters or words": ["aaaaaaaa", "zzzzzzzz1", "abababab12", "passwordpassword", "hellohello"],
	"Is made of neighbouring keys": ["!@#$%^&*", "zxcvbnm,./", "dfghjkl;'", "azertyuiop^$"],
	"Is made of a sequence such as abc or 123": ["abcdefgh", "abcdefghij"],
	"Is made of a date or a year, with little added": ["1987-06-23", "31.12.1999", "24/12/2024"],
	"Is made of a season, a month or a day, with little added": [
		"summer2024",
		"Spring2023!!",
		"Winter2025!",
		"Frühling2024",
		"printemps2024",
		"Januar2025",
		"Friday2024!",
	],
	"Is made of a common word or name, with little added": ["John1985!", "W3lcome123!"],
	"Must be more than the username, the e-mail address or the name of this place": [
		"ada_lovelace",
		"Ada_Lovelace1!",
		"lovelace2024",
		"ada@feed-club.example",
		"feed-club99",
		"minifeed2024",
		"MiniFeed!",
		"mini social feed",
		"m1n1f33d!!",
	],
	"Is too easy to guess": ["j8Kq2xv"],
};

test.each(Object.entries(refused).flatMap(([why, list]) => list.map((one) => [one, why] as const)))(
	"%s is refused: %s",
	(password, why) => {
		expect(weaknessOf(password, names)).toBe(why + advice);
	},
);

test.each([
	"correct horse battery",
	"correct horse",
	"correct-horse-battery",
	"cat dog sun",
	"summer rain falls",
	"mein grüner hund läuft",
	"мой кот спит",
	"天気がいいから散歩",
	"Kx7#mQ2p",
	"xvkqjwpzfh",
	"a7f3k9d2m1",
])("%s is accepted", (password) => {
	expect(weaknessOf(password, names)).toBeNull();
});

test("ten random letters and digits are always accepted, and so are three words of a list", () => {
	const letters = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
	const digits = fc.constantFrom(..."0123456789");
	const random = fc.tuple(
		fc.array(letters, { minLength: 6, maxLength: 6 }),
		fc.array(digits, { minLength: 4, maxLength: 4 }),
	);
	fc.assert(
		fc.property(random, ([some, others]) => {
			const mixed = some.flatMap((letter, i) => [letter, others[i] ?? ""]).join("");
			// Chance may draw what a guesser tries first.
			fc.pre(new Set(mixed).size > 7);
			expect(weaknessOf(mixed, names)).toBeNull();
		}),
		{ seed: 1 },
	);
	const words = fc.constantFrom(
		..."lantern,river,purple,dishwasher,cabin,tree,happy,window,staple,green,table,socks".split(","),
	);
	fc.assert(
		fc.property(
			fc.uniqueArray(words, { minLength: 3, maxLength: 3 }),
			fc.constantFrom(" ", "-", "."),
			(chosen, between) => {
				expect(weaknessOf(chosen.join(between), names)).toBeNull();
			},
		),
	);
});

test("the first 32 characters are estimated: what follows weak ones does not help, and costs nothing", () => {
	expect(weaknessOf("a".repeat(256), names)).toStartWith("Repeats");
	expect(weaknessOf(`${"password".repeat(4)}Kx7#mQ2pLw`, names)).toStartWith("Repeats");
	expect(weaknessOf(`correct horse battery${"a".repeat(200)}`, names)).toBeNull();
});
