import { random, sha256 } from "../../core/crypto";
import { table } from "./bounded-map";
import type { Reading } from "./gcra";
import { maxEntries, login as rules } from "./policies";

/** Times are in milliseconds. */
type Counter = { failures: number; until: number };
type TrustedAddress = { address: string; until: number };

/** An admitted attempt. The caller must report the result with `end`. */
export type Attempt = {
	/** True when the client's address is trusted for the account. */
	isTrusted: boolean;
	end(result: Result): Reading;
};
export type Result = "right" | "wrong" | "not compared";

/**
 * Counts the wrong passwords of each account. The caller names the account; see `keys` in password-attempts.ts.
 * After the free attempts there is a delay, which doubles with each failure up to a limit. An attempt during the delay
 * is refused and changes nothing, so the account opens at the announced time.
 *
 * An attacker who guesses without a pause would lock out the owner. So each account has trusted addresses: a sign-in or a
 * refresh makes an address trusted for 30 days. A trusted address has its own counter, which other clients cannot raise.
 * During an attack, an owner at a new address needs a trusted address or a live session, or waits for the longest delay.
 * The throttle cannot tell that owner from an attacker with many addresses: only a password comparison can, and that is
 * the operation it limits.
 */
export function createLoginThrottle(now: () => Date) {
	const salt = random(16);
	/** A hash, since people type passwords into the name field: a memory dump must not show them. Its length is fixed. */
	const keyOf = (account: string) => sha256(salt, account).toString("base64url").slice(0, 22);

	const time = () => now().getTime();
	const isOver = ({ until }: Counter) => until + rules.forgetAfterSeconds * 1000 <= time();
	// Two tables, so that a flood of names that fail once evicts no account under attack. An entry in the second table
	// costs five password comparisons. To fill it takes an hour of all cores.
	const free = table<Counter>(maxEntries.logins);
	const delayed = table<Counter>(maxEntries.logins);
	const trusted = table<TrustedAddress[]>(maxEntries.logins);

	function counterOf(key: string): Counter {
		const found = delayed.get(key) ?? free.get(key);
		return found && !isOver(found) ? found : { failures: 0, until: 0 };
	}

	function store(key: string, counter: Counter) {
		const [to, from] = counter.failures < rules.freeAttempts ? [free, delayed] : [delayed, free];
		from.delete(key);
		if (counter.failures > 0) to.set(key, counter);
		else to.delete(key);
	}

	function read({ failures, until }: Counter): Reading {
		const wait = Math.max(0, until - time());
		return { wait, reset: wait, remaining: wait > 0 ? 0 : Math.max(1, rules.freeAttempts - failures) };
	}

	const isTrusted = (name: string, address: string) =>
		(trusted.get(name) ?? []).some((entry) => entry.address === address && entry.until > time());

	function trust(name: string, address: string) {
		const others = (trusted.get(name) ?? []).filter((entry) => entry.address !== address);
		const added = { address, until: time() + rules.trustSeconds * 1000 };
		trusted.set(name, [added, ...others].slice(0, rules.maxTrustedAddresses));
	}

	return {
		/** Trusts an address for accounts whose owner has just signed in from it. */
		trustAddress(accounts: string[], address: string) {
			for (const account of accounts) trust(keyOf(account), address);
		},

		/** Counts the attempt as wrong until its result is known. So parallel attempts gain nothing over sequential ones. */
		passwordAttempt(account: string, address: string): Attempt | Reading {
			const name = keyOf(account);
			const fromTrusted = isTrusted(name, address);
			const key = fromTrusted ? `${name} ${address}` : name;
			const counter = counterOf(key);
			const longestMs = longestDelayMs(fromTrusted);
			// Without this limit, a clock that is set back would lock out the account.
			counter.until = Math.min(counter.until, time() + longestMs);
			const reading = read(counter);
			if (reading.wait > 0) return reading;

			const before = counter.until;
			counter.failures++;
			const until = time() + delayMs(counter.failures, longestMs);
			counter.until = until;
			store(key, counter);
			return {
				isTrusted: fromTrusted,
				end(result) {
					if (result === "right") {
						store(key, { ...counter, failures: 0 });
						trust(name, address);
						return read({ ...counter, failures: 0, until: 0 });
					}
					if (result === "not compared") {
						counter.failures = Math.max(0, counter.failures - 1);
						if (counter.until === until) counter.until = before;
						store(key, counter);
					}
					return read(counter);
				},
			};
		},

		sizes: () => [free.size(), delayed.size(), trusted.size()],
	};
}
const longestDelayMs = (fromTrusted: boolean) =>
	(fromTrusted ? rules.longestTrustedDelaySeconds : rules.longestDelaySeconds) * 1000;

/** Zero after the free attempts, then 1 second, 2, 4 … */
const delayMs = (failures: number, longestMs: number) =>
	failures < rules.freeAttempts ? 0 : Math.min(1000 * 2 ** (failures - rules.freeAttempts), longestMs);
