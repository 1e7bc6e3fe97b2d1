/** A time to the second, as names of files have it: they sort by it, and every system takes them. */
export const formatTimestamp = (time: Date): string => `${time.toISOString().slice(0, 19).replaceAll(":", "-")}Z`;

/** The time of a timestamp; whatever follows it counts for nothing. */
export const parseTimestamp = (timestamp: string): Date =>
	new Date(timestamp.replace(/^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z.*$/, "$1T$2:$3:$4Z"));

/**
 * A timestamp for now that sorts behind all others, so that the newest file is found after the clock was set back.
 * In that case it is one second after the newest of the others.
 */
export function timestampAfter(others: string[]): string {
	const times = others.map((timestamp) => parseTimestamp(timestamp).getTime()).filter(Number.isFinite);
	return formatTimestamp(new Date(Math.max(Date.now(), ...times.map((time) => time + 1000))));
}
