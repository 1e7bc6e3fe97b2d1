import { invalid } from "../../core/errors";
import { limiter } from "../../core/limiter";
import type { Argon2 } from "./argon2";

export type PasswordOptions = {
	/** Characters. */
	minLength: number;
	/** Parameters of argon2id: memory in KiB, and passes. OWASP's minimum is 19,456 KiB and 2. */
	memoryKib: number;
	passes: number;
};

/**
 * Hashes that run at once: half the cores. Both implementations run on Bun's thread pool, which has one thread a core.
 * The other half stays free for files and tokens. On two cores, two at once gave no more sign-ins a second than one.
 */
const running = Math.max(1, Math.floor(navigator.hardwareConcurrency / 2));
/** Hashes that may wait. Measured on one of two cores: the last one waits 1.8 s, or 5 s where Bun hashes. */
const waiting = 64;

/** Hashes passwords, compares them, and refuses weak ones. Throws `busy` when too many calls wait. */
export function createPasswords({ minLength, memoryKib, passes }: PasswordOptions, argon2: Argon2) {
	const { run, load } = limiter({ running, waiting });
	// Takes as long to verify as a real hash with these costs. It has no known password.
	const dummy = `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${"A".repeat(43)}$${"A".repeat(43)}`;

	return {
		load,

		hash: (password: string): Promise<string> => run(() => argon2.hash(normalize(password), { memoryKib, passes })),

		/** `null` stands for an unknown account: the result is false, after the same time. */
		verify: async (password: string, hash: string | null): Promise<boolean> => {
			const matches = await run(() => argon2.verify(normalize(password), hash ?? dummy));
			return matches && hash !== null;
		},

		/**
		 * Throws `invalid` with the reason for a password that is too short, too long or easy to guess. It must not be made of
		 * `names`: the username and the e-mail address. `field` is its name in the request.
		 */
		async check(password: string, names: string[], field = "password"): Promise<void> {
			const refuse = (detail: string) => invalid(`/${field}`, detail);
			const length = [...normalize(password)].length;
			if (length < minLength) throw refuse(`Must be at least ${minLength} characters.`);
			if (length > passwordLength.maxLength) throw refuse(`Must be at most ${passwordLength.maxLength} characters.`);
			const weakness = (await strength()).weaknessOf(password, names);
			if (weakness) throw refuse(weakness);
		},
	};
}
export type Passwords = ReturnType<typeof createPasswords>;

/** NFKC, so that the same password matches from any keyboard. */
const normalize = (password: string) => password.normalize("NFKC");

/** Loaded at the first new password: the dictionaries take memory and some milliseconds. */
const strength = () => import("./strength");

/** The form of a password in requests; `check` has the other rules. */
export const passwordLength = { minLength: 8, maxLength: 256 };
