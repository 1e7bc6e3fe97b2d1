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
		 * Throws `invalid` with the reason for a password that is too short, too long or easy to guess. `names` are the
		 * username and the e-mail address, of which it must not be made. `field` is what the caller calls it.
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
export type Passwords = ReturnType<typeof passwords>;

/** NFKC, so that the same password matches from any keyboard. */
const normalize = (password: string) => password.normalize("NFKC");

/** Loaded when the first password is chosen: the dictionaries take memory and some milliseconds. */
const strength = () => import("./strength");

/** The shape of what callers may send; `check` has the rest. */
export const passwordLength = { minLength: 8, maxLength: 256 };
