import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type ClockRecords, watchClock } from "../../src/core/clock";
import { follow } from "../../src/core/schedule";
import { runs } from "../support/runs";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const builtAt = new Date("2026-01-01T00:00:00Z");
const noon = Date.parse("2026-03-01T12:00:00Z");

/** A machine whose clock may be wrong, and a database on it. `restart` begins another process. */
function machine({ newest = noon as number | null } = {}) {
	let [real, offset, started, doubted] = [noon, 0, noon, null as number | null];
	const rows = newest === null ? [] : [newest];
	const wall = () => real + offset;
	const records: ClockRecords = {
		newest: (limit) => rows.filter((row) => row < (limit ?? Infinity)).reduce((a, b) => Math.max(a, b), 0) || null,
		doubtedFrom: () => doubted,
		setDoubtedFrom: (from) => {
			doubted = from;
		},
	};
	const open = () => watchClock({ time: { wall, steady: () => real - started }, builtAt, records });
	const it = {
		clock: open(),
		rows,
		real: () => real,
		wall,
		/** Sets the clock: this far from the right time. */
		set: (to: number) => {
			offset = to;
		},
		setTo: (time: string) => it.set(Date.parse(time) - real),
		/** Time passes, in which the process looks every minute. */
		pass(ms: number) {
			for (const end = real + ms; real < end; it.clock.state()) real = Math.min(end, real + minute);
		},
		/** The machine is off meanwhile. */
		restart(off = 0) {
			real += off;
			started = real;
			it.clock = open();
		},
		write() {
			if (it.clock.refusal() !== null) return false;
			rows.push(it.clock.now().getTime());
			it.clock.beforeWrite();
			return true;
		},
	};
	return it;
}

describe("behind a time that has passed nothing is written until the clock is right:", () => {
	test.each([
		["before the build date", "1970-01-01T00:00:10Z"],
		["before the newest row", "2026-02-20T12:00:00Z"],
	])("%s, at the start", (_, time) => {
		const it = machine();
		it.setTo(time);
		it.restart();
		expect([it.write(), it.clock.isTrusted(), it.clock.state()]).toEqual([false, false, "behind"]);
		it.pass(3 * hour);
		expect(it.write()).toBe(false);
		it.set(0);
		expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
	});

	test("and while it runs, in its first hour and later", () => {
		const it = machine({ newest: null });
		for (const after of [minute, 3 * hour]) {
			it.pass(after);
			expect(it.write()).toBe(true);
			it.set(-8 * day);
			expect(it.write()).toBe(false);
			it.set(0);
			expect(it.write()).toBe(true);
		}
	});

	test("the time is then no earlier than what has passed, and goes on", () => {
		const it = machine();
		it.pass(2 * hour);
		it.setTo("1970-01-01T00:00:00Z");
		expect(it.clock.now().getTime()).toBe(it.real());
		it.pass(hour);
		expect(it.clock.now().getTime()).toBe(it.real());
	});

	test("a step of minutes stops no writer", () => {
		const it = machine();
		for (const offset of [-10 * minute, 10 * minute, 0, -14 * minute, 0, 3 * second, -3 * second]) {
			it.set(offset);
			expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
		}
	});

	test("a clock that was two hours ahead at the start may be corrected", () => {
		const it = machine({ newest: noon - 10 * hour });
		it.set(2 * hour);
		it.restart();
		expect(it.write()).toBe(true);
		it.pass(minute);
		it.set(0);
		expect(it.write()).toBe(true);
	});

	test("a clock that was twenty minutes ahead for months is waited for", () => {
		const it = machine();
		it.set(20 * minute);
		it.pass(90 * day);
		it.set(0);
		expect(it.write()).toBe(false);
		it.pass(6 * minute);
		expect(it.write()).toBe(true);
	});
});

describe("more than a day after what is known nothing is deleted by age for an hour:", () => {
	test("after a month off everything but that goes on at once", () => {
		const it = machine();
		it.restart(30 * day);
		expect([it.write(), it.clock.isTrusted()]).toEqual([true, false]);
		it.pass(59 * minute);
		expect(it.clock.isTrusted()).toBe(false);
		it.pass(2 * minute);
		expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
		it.restart(hour);
		expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
	});

	test("each step begins another hour", () => {
		const it = machine();
		it.set(8 * day);
		it.pass(50 * minute);
		it.set(9 * day);
		it.pass(50 * minute);
		expect(it.clock.isTrusted()).toBe(false);
		it.pass(11 * minute);
		expect(it.clock.isTrusted()).toBe(true);
	});

	test("many steps of less than a day are one of more", () => {
		const it = machine();
		it.set(20 * hour);
		expect(it.clock.isTrusted()).toBe(true);
		it.pass(10 * minute);
		it.set(40 * hour);
		expect(it.clock.isTrusted()).toBe(false);
	});

	test("what it stamped meanwhile says nothing of the time later", () => {
		const it = machine();
		it.set(370 * day);
		it.restart(minute);
		expect(it.write()).toBe(true);
		it.set(8 * day);
		expect(it.write()).toBe(true);
		it.restart(minute);
		it.set(0);
		it.restart(minute);
		expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
		it.set(-2 * day);
		expect(it.write()).toBe(false);
		it.restart();
		expect(it.write()).toBe(false);
	});

	test("nor does a time that was told while it was ahead, and written after it was corrected", () => {
		const it = machine();
		it.set(370 * day);
		const told = it.clock.now().getTime(); // then a password is hashed
		it.set(0);
		it.clock.beforeWrite();
		it.rows.push(told);
		it.restart(minute);
		expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
	});

	test("a server that runs half an hour a day deletes by age, as long as it is off for less than a day", () => {
		const it = machine();
		for (let i = 0; i < 10; i++) {
			it.restart(23 * hour);
			expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
			it.pass(30 * minute);
			expect(it.write()).toBe(true);
		}
	});

	test("where nothing was ever written there is nothing to keep", () => {
		const it = machine({ newest: null });
		expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
	});
});

test("a clock that was trusted and wrong has to be accepted as right", () => {
	const it = machine();
	it.set(370 * day);
	it.pass(2 * hour);
	expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
	it.set(0);
	expect(it.write()).toBe(false);
	it.restart(hour);
	expect(it.write()).toBe(false);
	const server = it.clock;
	it.restart(); // a command
	it.clock.accept();
	it.clock = server;
	it.pass(minute);
	expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
	it.restart();
	expect([it.write(), it.clock.isTrusted()]).toEqual([true, true]);
});

test("none is accepted that is before the build date", () => {
	const it = machine();
	it.setTo("1970-01-01T00:00:10Z");
	expect(() => it.clock.accept()).toThrow(/built at 2026-01-01/);
	it.set(0);
	expect(it.write()).toBe(true);
});

/** A clock that is wrong for less than an hour in all, by minutes or by more than a day; and one that is right for days. */
const spells = fc.array(
	fc.record({
		offset: fc.oneof(
			{ weight: 3, arbitrary: fc.constant(0) },
			fc.integer({ min: -14 * minute, max: 14 * minute }),
			fc.integer({ min: 2 * day, max: 800 * day }),
			fc.integer({ min: -800 * day, max: -day }),
			fc.constantFrom(8 * day, 370 * day, -noon),
		),
		minutes: fc.integer({ min: 0, max: 180 }),
		off: fc.option(fc.integer({ min: 0, max: 40 * day }), { nil: null, freq: 3 }),
		writes: fc.boolean(),
	}),
	{ maxLength: 12 },
);

test("whatever the steps: a wrong clock deletes nothing before its time, and a right one always writes", () => {
	fc.assert(
		fc.property(spells, (spells) => {
			const it = machine();
			for (const { offset, minutes, off, writes } of spells) {
				it.set(offset);
				if (off !== null) it.restart(off);
				for (let looks = 0; looks < 2; looks++) {
					if (it.clock.isTrusted()) expect(it.wall()).toBeLessThanOrEqual(it.real() + day);
					if (offset === 0) expect(it.clock.refusal()).toBeNull();
					if (writes) it.write();
					it.pass(offset === 0 ? minutes * minute : Math.min(minutes, 2) * minute);
				}
			}
			it.set(0);
			expect([it.write(), it.clock.state()]).toEqual([true, expect.stringMatching(/right|ahead/)]);
			it.restart();
			expect(it.write()).toBe(true);
			it.pass(61 * minute);
			expect(it.clock.isTrusted()).toBe(true);
		}),
		{ numRuns: runs(500) },
	);
});

describe("a schedule follows a clock that steps:", () => {
	const nightly = (start = "2026-03-01T12:00:00") => {
		let wall = new Date(start).getTime();
		let steady = 0;
		const isDue = follow("0 4 * * *", new Date(wall));
		return {
			/** How often it was due within a time. */
			in(ms: number) {
				let times = 0;
				for (let passed = 0; passed < ms; passed += 10 * second) {
					wall += 10 * second;
					steady += 10 * second;
					if (isDue(new Date(wall), steady)) times++;
				}
				return times;
			},
			step(ms: number) {
				wall += ms;
			},
		};
	};

	test("each night once, while it goes evenly", () => {
		expect(nightly().in(5 * day)).toBe(5);
	});

	test.each([
		["a step ahead makes it due once", 370 * day, 1],
		["a step ahead that passes no time of it does not", 2 * hour, 0],
		["a step back does not", -370 * day, 0],
	])("%s", (_, ms, times) => {
		const it = nightly();
		it.step(ms);
		expect(it.in(hour)).toBe(times);
		expect(it.in(3 * day)).toBe(3);
	});

	test("the clock of 1970 that becomes right makes it due once", () => {
		const it = nightly("1970-01-01T00:00:10");
		it.step(Date.parse("2026-03-01T12:00:00") - 10 * second);
		expect(it.in(hour)).toBe(1);
		expect(it.in(3 * day)).toBe(3);
	});

	test("a step back just after it was made makes none a second time that night", () => {
		const it = nightly();
		expect(it.in(16 * hour + minute)).toBe(1);
		it.step(-10 * minute);
		expect(it.in(hour)).toBe(0);
		expect(it.in(2 * day)).toBe(2);
	});

	test("a clock that goes back and forth makes no dozens", () => {
		const it = nightly();
		let times = it.in(17 * hour);
		for (let i = 0; i < 50; i++) {
			it.step(-day);
			times += it.in(minute);
			it.step(day);
			times += it.in(minute);
		}
		expect(times).toBeLessThanOrEqual(2);
	});
});
