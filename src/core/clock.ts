/** The two clocks of the machine, in milliseconds. The steady one never steps; it may stop while the machine sleeps. */
export type Time = { wall: () => number; steady: () => number };

export const machineTime: Time = { wall: Date.now, steady: () => performance.now() };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * Tolerance for a wall clock that is behind. NTP and resumed virtual machines correct a clock by seconds to minutes, which
 * must stop no writer. Rows stay in order, since lists sort by keys.
 */
export const toleranceMs = 15 * minuteMs;
/** A clock further ahead than this is not trusted at once. Rows that are deleted by age live for days. */
const leapMs = dayMs;
/** The server trusts a clock that leapt ahead after this time of even running. */
const trustAfterMs = hourMs;
/** Difference between the two clocks that counts as a step. NTP slews by at most 1.8 seconds an hour. */
const stepMs = minuteMs;
/** Interval at which a server with a clock behind checks if the operator accepted the clock. */
const acceptedEveryMs = 1_000;

/** The times in a database, in milliseconds since 1970. */
export type ClockRecords = {
	/** The newest written time before the limit. Null without one. */
	newest(limit: number | null): number | null;
	/** Rows from this time on are not evidence, because an untrusted clock dated them. Null when all rows count. */
	doubtedFrom(): number | null;
	setDoubtedFrom(from: number | null): void;
};

/**
 * `behind`: the clock is earlier than a time that has passed. Nothing is written.
 * `ahead`: it is more than a day after the newest known time, for less than an hour. Nothing is deleted by age.
 */
type ClockState = "right" | "behind" | "ahead";

export type Clock = {
	/** The wall clock. While it is behind, the earliest possible time, so that expired rows stay expired. */
	now(): Date;
	/** A clock for waits and limits, which never steps. It starts at the wall clock. */
	steadyNow(): Date;
	state(): ClockState;
	/** True when rows may be deleted by age. Read the time first, so that this call notices a step in between. */
	isTrusted(): boolean;
	/** The reason why the server refuses writes, for the operator; null while it accepts them. */
	refusal(): string | null;
	/** One sentence for the operator that compares the clock with known times. */
	summary(): string;
	/** To be called in each transaction that writes. Records the time from which rows are not evidence. */
	beforeWrite(): void;
	/**
	 * The operator says that the clock is right, so later rows are not evidence. Servers see it within a second. Throws
	 * RangeError when the clock is earlier than the build date.
	 */
	accept(): void;
};

type Reading = { wall: number; steady: number };
type Options = { time: Time; builtAt: Date; records: ClockRecords };

/**
 * Compares the wall clock with times that have certainly passed: the build date, the newest row, and the steady clock. One
 * reading of the wall clock never decides about a deletion.
 */
export function watchClock({ time, builtAt, records }: Options): Clock {
	const built = builtAt.getTime();
	const doubts = doubtedRows(records);
	const read = (): Reading => ({ wall: time.wall(), steady: time.steady() });
	const start = read();
	/** The last reading. */
	let at = start;
	/** Start of the even running of both clocks. */
	let evenSince = start;
	/** A time that was known, and the steady clock at that moment. */
	let known: Reading;
	/** The latest time that has passed for certain. */
	let floor: number;
	let nextAcceptedLook = 0;
	load();

	function load() {
		const newest = records.newest(doubts.load());
		floor = Math.max(built, newest ?? 0);
		known = { wall: Math.max(built, newest ?? at.wall), steady: at.steady };
	}

	/** The time by the steady clock. */
	const expected = () => known.wall + at.steady - known.steady;
	const isBehind = () => at.wall < floor - toleranceMs;
	const runsEvenly = () => at.steady - evenSince.steady >= trustAfterMs;

	function look(): ClockState {
		at = read();
		if (Math.abs(at.wall - evenSince.wall - (at.steady - evenSince.steady)) > stepMs) evenSince = at;
		if (isBehind() && at.steady >= nextAcceptedLook) {
			nextAcceptedLook = at.steady + acceptedEveryMs;
			if (doubts.haveChanged()) load();
		}
		if (isBehind()) return "behind";
		if (runsEvenly()) {
			known = at;
			doubts.endBy(at.wall);
		}
		// A step ahead does not prove that time has passed. Nor does the steady clock after the wall clock was set back.
		floor = Math.max(floor, Math.min(at.wall, expected()));
		if (at.wall <= expected() + leapMs) return "right";
		doubts.beginAt(evenSince.wall);
		return "ahead";
	}

	const summary = () => summaryOf(look(), { wall: at.wall, floor, expected: expected() });

	return {
		now: () => new Date(look() === "behind" ? Math.max(floor, expected()) : at.wall),
		steadyNow: () => new Date(start.wall + time.steady() - start.steady),
		state: look,
		isTrusted: () => look() === "right",
		refusal: () => (look() === "behind" ? `${summary()} ${behindAdvice}` : null),
		summary,

		beforeWrite() {
			look();
			doubts.record(at, runsEvenly());
		},

		accept() {
			at = read();
			if (at.wall < built - toleranceMs)
				throw new RangeError(`The clock says ${iso(at.wall)}, but this version was built at ${iso(built)}.`);
			records.setDoubtedFrom(at.wall);
			load();
		},
	};
}

/** Stores the time from which rows are not evidence, because a clock that was ahead dated them. */
function doubtedRows(records: ClockRecords) {
	let stored: number | null;
	/** The new time, before the database has it. */
	let unstored = Number.POSITIVE_INFINITY;
	let nextClearing = 0;

	return {
		/** Reads the time again. Null where all rows count. */
		load(): number | null {
			stored = records.doubtedFrom();
			return stored;
		},

		/** True when another process has written another time. */
		haveChanged: () => records.doubtedFrom() !== stored,

		beginAt(wall: number) {
			unstored = Math.min(unstored, wall);
		},

		/** The clock is right at this time, so a time that no row has yet is dropped. */
		endBy(wall: number) {
			if (unstored <= wall) unstored = Number.POSITIVE_INFINITY;
		},

		/** Writes a new time to the database. While the clock is right, drops a time that has passed, once an hour. */
		record({ wall, steady }: Reading, runsEvenly: boolean) {
			if (unstored < Number.POSITIVE_INFINITY) {
				const found = records.doubtedFrom();
				stored = Math.min(found ?? unstored, unstored);
				unstored = Number.POSITIVE_INFINITY;
				if (stored !== found) records.setDoubtedFrom(stored);
			} else if (runsEvenly && steady >= nextClearing) {
				nextClearing = steady + hourMs;
				stored = records.doubtedFrom();
				if (stored === null || stored > wall) return;
				stored = (records.newest(null) ?? 0) > wall ? wall : null; // rows after now are still wrong
				records.setDoubtedFrom(stored);
			}
		},
	};
}

function summaryOf(state: ClockState, { wall, floor, expected }: { wall: number; floor: number; expected: number }) {
	if (state === "behind") return `The clock says ${iso(wall)}, but ${iso(floor)} has passed.`;
	if (state === "right") return `It is ${iso(wall)}.`;
	const days = Math.round((wall - expected) / dayMs);
	return `The clock says ${iso(wall)}, ${days} days after the newest known time. Nothing is deleted by age until it has run evenly for an hour.`;
}

const iso = (ms: number) => new Date(ms).toISOString();

export const behindAdvice =
	"Nothing can be written until it is right. Set it, by NTP. If it is right: minifeed clock accept";
