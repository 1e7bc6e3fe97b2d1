import { random, sha256 } from "../../core/crypto";
import { table } from "./bounded-map";
import type { Reading } from "./gcra";
import { room, login as rules } from "./policies";

/** Times are in milliseconds. */
type Counter = { failures: number; until: number };
type Home = { address: string; until: number };

/** A guess that may be made: whoever makes it says how it ended. */
export type Guess = {
	/** Whether it comes from where the account is at home. */
	isHome: boolean;
	end(result: Result): Reading;
};
export type Result = "right" | "wrong" | "not compared";

/**
 * Counts the wrong passwords of each account. The caller names the account; see `loginKeys` in index.ts. After
 * the free ones there is a delay that doubles with each, up to the longest. Asking too early costs nothing and changes
 * nothing: so an account opens again at the moment that was told, whatever came in between.
 *
 * That alone would let anybody shut an account's owner out for ever, by guessing whenever it opens. Hence homes: an address
 * from where somebody came in, or renewed a session, is theirs for a month, and has a counter of its own that nobody
 * elsewhere touches. An owner who is somewhere new while somebody guesses without end has to come from a home, or go on
 * with a session that they have; when it ends, they wait for the longest delay at most. There is no telling them from a
 * guesser with as many addresses before the password is compared, and comparing is what is rationed.
 */
export function logins(now: () => Date) {
	const salt = random(16);
	/** Of bounded length, and nothing to read in a memory dump: what is typed as a name is sometimes a password. */
	const keyOf = (account: string) => sha256(salt, account).toString("base64url").slice(0, 22);

	const time = () => now().getTime();
	const isOver = ({ until }: Counter) => until + rules.forgottenAfter * 1000 <= time();
	// Apart, so that a flood of names that fail once pushes none of those out that are being guessed at. To fill the second
	// table, somebody has to have five passwords compared for each place in it, which takes an hour of all cores.
	const few = table<Counter>(room.logins);
	const many = table<Counter>(room.logins);
	const homes = table<Home[]>(room.logins);

	function counterOf(key: string): Counter {
		const found = many.get(key) ?? few.get(key);
		return found && !isOver(found) ? found : { failures: 0, until: 0 };
	}

	function keep(key: string, counter: Counter) {
		const [to, from] = counter.failures < rules.free ? [few, many] : [many, few];
		from.delete(key);
		if (counter.failures > 0) to.set(key, counter);
		else to.delete(key);
	}

	function read({ failures, until }: Counter): Reading {
		const wait = Math.max(0, until - time());
		return { wait, reset: wait, remaining: wait > 0 ? 0 : Math.max(1, rules.free - failures) };
	}

	const isHome = (name: string, address: string) =>
		(homes.get(name) ?? []).some((home) => home.address === address && home.until > time());

	function moveIn(name: string, address: string) {
		const others = (homes.get(name) ?? []).filter((home) => home.address !== address);
		homes.set(name, [{ address, until: time() + rules.homeFor * 1000 }, ...others].slice(0, rules.homes));
	}

	return {
		/** The owner of these accounts proved it from the address. */
		welcome(accounts: string[], address: string) {
			for (const account of accounts) moveIn(keyOf(account), address);
		},

		/** A guess counts as wrong until it is known to be right: thousands at once get no further than one after another. */
		guess(account: string, address: string): Guess | Reading {
			const name = keyOf(account);
			const home = isHome(name, address);
			const key = home ? `${name} ${address}` : name;
			const counter = counterOf(key);
			const longest = longestDelay(home);
			// A clock that was set back must shut nobody out.
			counter.until = Math.min(counter.until, time() + longest);
			const reading = read(counter);
			if (reading.wait > 0) return reading;

			const before = counter.until;
			counter.failures++;
			const until = time() + delayAfter(counter.failures, longest);
			counter.until = until;
			keep(key, counter);
			return {
				isHome: home,
				end(result) {
					if (result === "right") {
						keep(key, { ...counter, failures: 0 });
						moveIn(name, address);
						return read({ ...counter, failures: 0, until: 0 });
					}
					if (result === "not compared") {
						counter.failures = Math.max(0, counter.failures - 1);
						if (counter.until === until) counter.until = before;
						keep(key, counter);
					}
					return read(counter);
				},
			};
		},

		sizes: () => [few.size(), many.size(), homes.size()],
	};
}
const longestDelay = (home: boolean) => (home ? rules.longestDelayAtHome : rules.longestDelay) * 1000;

/** Milliseconds: none after the free ones, then one second, two, four … */
const delayAfter = (failures: number, longest: number) =>
	failures < rules.free ? 0 : Math.min(1000 * 2 ** (failures - rules.free), longest);
