import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { table } from "../../src/http/rate-limit/bounded-map";
import { meter } from "../../src/http/rate-limit/gcra";
import { createLoginThrottle } from "../../src/http/rate-limit/login-throttle";
import { maxEntries, policies } from "../../src/http/rate-limit/policies";
import { password } from "../support/app";
import { anywhere, from, limited } from "../support/limited";
import { runs } from "../support/runs";

describe("memory is bounded", () => {
	test("200,000 addresses leave as many entries as there is room for, and what accounts did is not forgotten", async () => {
		const { app, as, signIn, limits } = limited();
		const [ada, bob] = [await as("ada"), await as("bob")];
		for (let i = 0; i <= policies.post.requests; i++) await ada.post("/posts/", {});
		for (let i = 0; i < 5; i++) await signIn("bob", "wrong", anywhere(i));
		for (let i = 0; i < 200_000; i++) {
			const headers = from(`2001:db8:${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}::1`);
			await app.handle(new Request("http://localhost/nowhere", { headers }));
		}

		expect(limits.size()).toBeGreaterThan(maxEntries.addresses / 2);
		expect(limits.size()).toBeLessThan(maxEntries.addresses + 100);
		expect((await ada.post("/posts/", {})).status).toBe(429);
		expect((await signIn("bob", password, from("198.51.100.1"))).status).toBe(429);
		expect((await bob.post("/posts/", { content: "x" })).status).toBe(201);
	}, 60_000);

	test("names that are made up push none out that is being guessed at", () => {
		const start = new Date("2026-01-02");
		const { passwordAttempt, sizes } = createLoginThrottle(() => start);
		const fail = (name: string) => {
			const made = passwordAttempt(name, "198.51.100.1");
			if ("end" in made) made.end("wrong");
			return made;
		};
		for (let i = 0; i < 5; i++) fail("ada");
		for (let i = 0; i < 200_000; i++) fail(`nobody${i}`);

		expect(fail("ada")).toMatchObject({ wait: 1000 });
		expect(sizes()[0]).toBeLessThanOrEqual(maxEntries.logins);
		expect(sizes().slice(1)).toEqual([1, 0]);
	});

	test("one account makes few homes, however many addresses it signs in from", () => {
		const start = new Date("2026-01-02");
		const { passwordAttempt, trustAddress, sizes } = createLoginThrottle(() => start);
		trustAddress(["ada"], "198.51.100.1");
		for (let i = 0; i < 1000; i++) trustAddress(["mallory"], `address ${i}`);
		for (let i = 0; i < 5; i++) passwordAttempt("ada", "203.0.113.1");

		expect(sizes()[2]).toBe(2);
		expect("wait" in passwordAttempt("ada", "203.0.113.1")).toBe(true);
		expect("end" in passwordAttempt("ada", "198.51.100.1")).toBe(true);
		expect("end" in passwordAttempt("mallory", "address 999")).toBe(true);
	});

	test("what is still used outlives whatever else comes", () => {
		const { get, set, size } = table<number>(100);
		set("ada", 1);
		for (let i = 0; i < 10_000; i++) {
			set(`nobody${i}`, i);
			if (i % 10 === 0) set("ada", i);
			expect(size()).toBeLessThanOrEqual(100);
		}
		expect(get("ada")).toBe(9990);
		expect(get("nobody9950")).toBe(9950);
		expect(get("nobody9000")).toBeUndefined();
	});
});

describe("the meter", () => {
	const quotas = fc.record({ requests: fc.integer({ min: 1, max: 20 }), seconds: fc.integer({ min: 1, max: 100 }) });
	/** Milliseconds between one request and the next. */
	const pauses = fc.array(fc.oneof(fc.constant(0), fc.nat(500), fc.nat(30_000)), { minLength: 1, maxLength: 200 });

	/**
	 * What a quota means, word for word: in no span of time, however long, more than the quota and what came back in it.
	 * It remembers every request there was, and multiplies instead of dividing, so as never to round.
	 */
	function model({ requests, seconds }: { requests: number; seconds: number }) {
		const granted: number[] = [];
		return (time: number) => {
			const fits = granted.every((from, i) => {
				const within = granted.length - i + 1;
				return (within - requests) * seconds * 1000 <= (time - from) * requests;
			});
			if (fits) granted.push(time);
			return fits;
		};
	}

	test("grants exactly what the quota allows, whenever requests come", () => {
		fc.assert(
			fc.property(quotas, pauses, (quota, pauses) => {
				let time = Date.parse("2026-01-02T03:04:05.678Z");
				const { take } = meter({ most: 10, now: () => new Date(time) });
				const allows = model(quota);
				for (const pause of pauses) {
					time += pause;
					expect(take("ada", quota).wait === 0).toBe(allows(time));
				}
			}),
			{ numRuns: runs(300) },
		);
	});

	test("what it tells is true: so many more at once, not a millisecond before the wait is over, all after the reset", () => {
		fc.assert(
			fc.property(quotas, pauses, (quota, pauses) => {
				let time = 0;
				const { take, look, giveBack } = meter({ most: 10, now: () => new Date(time) });
				let last = look("ada", quota);
				for (const pause of pauses) {
					time += pause;
					last = take("ada", quota);
				}
				for (let i = 0; i < last.remaining; i++) expect(take("ada", quota).wait).toBe(0);
				const { wait } = take("ada", quota);
				expect(wait).toBeGreaterThan(0);
				time += Math.ceil(wait) - 1;
				expect(take("ada", quota).wait).toBeGreaterThan(0);
				time += 1;
				expect(take("ada", quota).wait).toBe(0);
				giveBack("ada", quota);
				expect(take("ada", quota).wait).toBe(0);
				time += Math.ceil(look("ada", quota).reset);
				expect(look("ada", quota)).toEqual({ wait: 0, remaining: quota.requests, reset: 0 });
			}),
		);
	});

	test("one key has nothing to do with another", () => {
		fc.assert(
			fc.property(quotas, fc.array(fc.constantFrom("ada", "bob")), (quota, keys) => {
				const { take } = meter({ most: 10, now: () => new Date(0) });
				const granted = { ada: 0, bob: 0 };
				for (const key of keys as (keyof typeof granted)[]) if (take(key, quota).wait === 0) granted[key]++;
				for (const key of ["ada", "bob"] as const)
					expect(granted[key]).toBe(Math.min(quota.requests, keys.filter((other) => other === key).length));
			}),
		);
	});

	test("a clock that is set back makes nobody wait longer than the quota takes to come back", () => {
		let now = new Date("2026-01-02");
		const { take } = meter({ most: 10, now: () => now });
		const quota = { requests: 2, seconds: 10 };
		now = new Date("2026-01-03");
		for (let i = 0; i < 3; i++) take("ada", quota);
		now = new Date("2026-01-02");
		expect(take("ada", quota).wait).toBe(5_000);
		now = new Date("2026-01-01");
		expect(take("bob", quota).wait).toBe(0);
		expect(take("ada", quota).wait).toBe(5_000);
	});
});
