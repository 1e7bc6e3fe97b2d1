/** Returns true when a scheduled time has passed since the last call. `steadyMs` never steps, and `wall` may. */
export type Schedule = (wall: Date, steadyMs: number) => boolean;

/**
 * Follows a crontab schedule on a clock that may step, where one timer would wait for the old time. A step ahead makes one
 * time due, however many it passed. A step back makes none due again, unless as long has passed as lies between two.
 */
export function follow(cron: string, start: Date): Schedule {
	let seen = start;
	let last: { wall: Date; steadyMs: number; intervalMs: number } | null = null;
	return (wall, steadyMs) => {
		if (wall < seen) seen = wall;
		const due = Bun.cron.parse(cron, seen);
		if (due === null || due > wall) return false;
		seen = wall;
		if (last && due <= last.wall && steadyMs - last.steadyMs < last.intervalMs) return false;
		const next = Bun.cron.parse(cron, due);
		last = { wall, steadyMs, intervalMs: next ? next.getTime() - due.getTime() : 0 };
		return true;
	};
}
