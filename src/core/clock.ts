/** The two clocks of the machine, in milliseconds. The steady one never steps; it may stop while the machine sleeps. */
export type Time = { wall: () => number; steady: () => number };

export const machineTime: Time = { wall: Date.now, steady: () => performance.now() };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * The wall clock may be this far behind a time that has passed. NTP and resumed virtual machines correct a clock by seconds
 * to minutes, which must stop no writer. Rows stay in order all the same: lists go by keys.
 */
export const toleranceMs = 15 * minuteMs;
/** A clock further ahead than this is not trusted at once. Everything that is deleted by age is kept for days. */
export const leapMs = dayMs;
/** A clock that leapt ahead is trusted after it has run evenly for this long. */
export const proofMs = hourMs;
/** From this difference between the two clocks on, the wall clock stepped. NTP slews by 1.8 seconds an hour at most. */
const stepMs = minuteMs;
/** How often a clock that is behind looks whether the operator accepted it. */
const acceptedEveryMs = 1_000;

/** The times in a database, in milliseconds since 1970. */
export type ClockRecords = {
	/** The newest time that was written, among those before the limit. Null where there is none. */
	newest(limit: number | null): number | null;
	/** Rows from this time on prove nothing: a clock stamped them that was not trusted. Null where all rows count. */
	doubtedFrom(): number | null;
	setDoubtedFrom(from: number | null): void;
};

/**
 * `behind`: the clock is earlier than a time that has passed. Nothing is written.
 * `ahead`: it is more than a day after the newest known time, for less than an hour. Nothing is deleted by age.
 */
export type ClockState = "right" | "behind" | "ahead";

export type Clock = {
	/** The wall clock. While that is behind, the earliest time that it can be, so that nothing expired comes back to life. */
	now(): Date;
	/** Never steps: for waits and limits. It starts at the wall clock. */
	steadyNow(): Date;
	state(): ClockState;
	/** True when rows may be deleted by age. Read the time first: a step in between is then noticed. */
	isTrusted(): boolean;
	/** Why nothing may be written, for the operator; null while it may. */
	refusal(): string | null;
	/** In one sentence, for the operator: how the clock stands to what is known. */
	summary(): string;
	/** To be called in each transaction that writes. Notes where rows begin to prove nothing. */
	stamping(): void;
	/**
	 * The operator says that the clock is right: later rows prove nothing. Servers see it within a second. Throws RangeError when the
	 * clock is earlier than the build date.
	 */
	accept(): void;
};

type Reading = { wall: number; steady: number };
type Options = { time: Time; builtAt: Date; records: ClockRecords };

/**
 * Compares the wall clock with what has passed for certain: the build date, the newest row, and the steady clock. One reading
 * of the wall clock never decides what cannot be undone.
 */
export function watchClock({ time, builtAt, records }: Options): Clock {
	const built = builtAt.getTime();
	const read = (): Reading => ({ wall: time.wall(), steady: time.steady() });
	const start = read();
	/** The last reading. */
	let at = start;
	/** Since when both clocks run evenly. */
	let evenSince = start;
	/** A time that was known, and the steady clock at that moment. */
	let known: Reading;
	/** The latest time that has passed for certain. */
	let floor: number;
	let doubtedFrom: number | null;
	/** From here on times were told by a clock ahead, and the database does not say so yet. */
	let aheadFrom = Number.POSITIVE_INFINITY;
	let nextAcceptedLook = 0;
	let nextClearing = 0;
	load();

	function load() {
		doubtedFrom = records.doubtedFrom();
		const newest = records.newest(doubtedFrom);
		floor = Math.max(built, newest ?? 0);
		known = { wall: Math.max(built, newest ?? at.wall), steady: at.steady };
	}

	/** The time by the steady clock. */
	const expected = () => known.wall + at.steady - known.steady;
	const isBehind = () => at.wall < floor - toleranceMs;
	const isProven = () => at.steady - evenSince.steady >= proofMs;

	function look(): ClockState {
		at = read();
		if (Math.abs(at.wall - evenSince.wall - (at.steady - evenSince.steady)) > stepMs) evenSince = at;
		if (isBehind() && at.steady >= nextAcceptedLook) {
			nextAcceptedLook = at.steady + acceptedEveryMs;
			if (records.doubtedFrom() !== doubtedFrom) load();
		}
		if (isBehind()) return "behind";
		if (isProven()) {
			known = at;
			if (aheadFrom <= at.wall) aheadFrom = Number.POSITIVE_INFINITY;
		}
		// A step ahead says nothing of what has passed, nor does the steady clock when the other was set back.
		floor = Math.max(floor, Math.min(at.wall, expected()));
		if (at.wall <= expected() + leapMs) return "right";
		aheadFrom = Math.min(aheadFrom, evenSince.wall);
		return "ahead";
	}

	function summary(): string {
		const state = look();
		if (state === "behind") return `The clock says ${iso(at.wall)}, but ${iso(floor)} has passed.`;
		if (state === "right") return `It is ${iso(at.wall)}.`;
		const days = Math.round((at.wall - expected()) / dayMs);
		return `The clock says ${iso(at.wall)}, ${days} days after the newest known time. Nothing is deleted by age until it has run evenly for an hour.`;
	}

	return {
		now: () => new Date(look() === "behind" ? Math.max(floor, expected()) : at.wall),
		steadyNow: () => new Date(start.wall + time.steady() - start.steady),
		state: look,
		isTrusted: () => look() === "right",
		refusal: () => (look() === "behind" ? `${summary()} ${behindAdvice}` : null),
		summary,

		stamping() {
			look();
			if (aheadFrom < Number.POSITIVE_INFINITY) {
				const found = records.doubtedFrom();
				doubtedFrom = Math.min(found ?? aheadFrom, aheadFrom);
				aheadFrom = Number.POSITIVE_INFINITY;
				if (doubtedFrom !== found) records.setDoubtedFrom(doubtedFrom);
			} else if (isProven() && at.steady >= nextClearing) {
				nextClearing = at.steady + hourMs;
				doubtedFrom = records.doubtedFrom();
				if (doubtedFrom === null || doubtedFrom > at.wall) return;
				doubtedFrom = (records.newest(null) ?? 0) > at.wall ? at.wall : null; // those to come are still wrong
				records.setDoubtedFrom(doubtedFrom);
			}
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

const iso = (ms: number) => new Date(ms).toISOString();

export const behindAdvice =
	"Nothing can be written until it is right. Set it, by NTP. If it is right: minifeed clock accept";
