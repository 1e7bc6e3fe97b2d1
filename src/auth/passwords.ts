import { invalid } from "../errors";
import { gate } from "../gate";

export type PasswordOptions = {
	/** Characters. */
	minLength: number;
	/** Of argon2id: memory in KiB and passes. OWASP's minimum is 19,456 KiB and 2. */
	memoryKib: number;
	passes: number;
};

/** Hashes that run at once: half the cores, so that the other half of the thread pool stays free for the rest. */
const running = Math.max(1, Math.floor(navigator.hardwareConcurrency / 2));
/** Hashes that may wait; at some 30 ms each the last one waits about two seconds. */
const waiting = 64;

/** Hashes passwords (argon2id), compares them, and refuses weak ones. Under a storm of calls it throws `busy`. */
export function passwords({ minLength, memoryKib, passes }: PasswordOptions) {
	const { enter, load } = gate({ running, waiting });
	// Costs as much to verify as any real one; nobody knows a password for it.
	const dummy = `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${"A".repeat(43)}$${"A".repeat(43)}`;

	return {
		load,

		hash: (password: string): Promise<string> =>
			enter(() =>
				Bun.password.hash(normalize(password), {
					algorithm: "argon2id",
					memoryCost: memoryKib,
					timeCost: passes,
				}),
			),

		/** With `null` for the hash of somebody who does not exist: as slow as for somebody who does, and never true. */
		verify: async (password: string, hash: string | null): Promise<boolean> => {
			const matches = await enter(() => Bun.password.verify(normalize(password), hash ?? dummy));
			return matches && hash !== null;
		},

		/**
		 * Throws `invalid` for a password that is too short or too long, among the common ones, or made of `names`: the
		 * username and the e-mail address. `field` is what the caller calls it.
		 */
		async check(password: string, names: string[], field = "password"): Promise<void> {
			const folded = normalize(password).toLowerCase();
			const refuse = (detail: string) => invalid(`/${field}`, detail);
			const length = [...normalize(password)].length;
			if (length < minLength) throw refuse(`Must be at least ${minLength} characters.`);
			if (length > passwordLength.maxLength) throw refuse(`Must be at most ${passwordLength.maxLength} characters.`);
			if ([...withoutWords(folded, names)].length < leftOver)
				throw refuse("Must be more than the username, the e-mail address or the name of this place.");
			if ((await commonPasswords()).has(folded)) throw refuse("Is one of the most common passwords; choose another.");
		},
	};
}
export type Passwords = ReturnType<typeof passwords>;

/** What looks the same is the same, whichever keyboard it was typed on. */
const normalize = (password: string) => password.normalize("NFKC");

/** What anybody would try first here, besides the names of the person (ASVS 5.0, 6.2.11). */
const placeWords = ["mini social feed", "minisocialfeed", "minifeed"];
/** Characters that must be left of a password without those words. */
const leftOver = 4;

function withoutWords(password: string, names: string[]): string {
	const words = names.flatMap((name) => {
		const folded = normalize(name).toLowerCase();
		return [folded, ...folded.split(/[@.]/)];
	});
	return [...words, ...placeWords]
		.filter((word) => word.length > 2)
		.toSorted((a, b) => b.length - a.length)
		.reduce((rest, word) => rest.replaceAll(word, ""), password);
}

let common: Promise<Set<string>> | undefined;
/** Unpacked when the first password is chosen: it takes memory and some milliseconds. */
const commonPasswords = () => {
	common ??= import("@zxcvbn-ts/language-common").then(({ dictionary }) => new Set(dictionary["passwords-common"]));
	return common;
};

/** The shape of what callers may send; `check` has the rest. */
export const passwordLength = { minLength: 8, maxLength: 256 };
