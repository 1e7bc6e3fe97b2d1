import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { backupsIn } from "../backup/folder";
import { proveBackup } from "../backup/prove";
import type { Config } from "../config";
import type { Examined } from "../db/open";
import { OperatorError } from "../errors";
import { commit, version } from "../version";
import { error, type Found, notice, ok, warning } from "./finding";

const hour = 60 * 60 * 1000;
/** A backup is old after this long, in milliseconds, where no schedule says otherwise. */
const old = 7 * 24 * hour;

/** The newest backup is read as a whole, as a restore would. */
export async function backups(config: Config, examined: Examined | null): Promise<Found[]> {
	const { directory, schedule } = config.backup;
	const newest = backupsIn(directory)[0];
	if (!newest)
		return examined && examined.accounts > 0
			? [
					warning(
						`There is no backup in ${directory}.`,
						"Make one: minifeed backup. Every night: BACKUP_SCHEDULE=0 4 * * *",
					),
				]
			: [];
	const file = join(directory, newest.name);
	const age = Date.now() - newest.createdAt.getTime();
	const found: Found[] = [];
	const most = schedule === undefined ? old : 2 * interval(schedule) + hour;
	if (age > most)
		found.push(
			warning(
				`The newest backup is ${Math.round(age / hour)} hours old.`,
				schedule === undefined
					? "Make one: minifeed backup. Every night: BACKUP_SCHEDULE=0 4 * * *"
					: "See in the log of the server why the last ones failed.",
			),
		);
	if (age < -hour)
		found.push(
			warning(
				`The newest backup, ${newest.name}, is of a time that is still to come.`,
				"Set the clock, make another, then move that one away: minifeed backup.",
			),
		);
	if (
		existsSync(dirname(config.databasePath)) &&
		statSync(directory).dev === statSync(dirname(config.databasePath)).dev
	)
		found.push(notice("Backups are on the same disk as the data.", "Copy them elsewhere: a disk breaks as a whole."));
	const work = mkdtempSync(join(directory, ".doctor-"));
	try {
		await proveBackup(file, { into: { database: join(work, "database") }, minFree: config.media.minFreeBytes });
		found.push(ok(`The newest backup, ${newest.name}, is whole.`));
	} catch (reason) {
		if (!(reason instanceof OperatorError)) throw reason;
		found.push(
			error(`The newest backup, ${file}, cannot be used: ${reason.message}`, "Make another: minifeed backup."),
		);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
	return found;
}

/** Between two of its times, in milliseconds. */
function interval(schedule: string): number {
	const first = Bun.cron.parse(schedule, new Date());
	const second = first && Bun.cron.parse(schedule, first);
	return first && second ? second.getTime() - first.getTime() : old;
}

/** A key of so few different characters, or with such a word in it, can be guessed. */
const fewCharacters = 10;
const known = /change.?me|secret|password|example|12345|qwerty|minifeed/i;

export function secret({ secretKey }: Config): Found[] {
	if (secretKey === undefined) return [ok("The key that signs tokens was made by this program.")];
	if (new Set(secretKey).size >= fewCharacters && !known.test(secretKey)) return [ok("SECRET_KEY looks random.")];
	return [
		error(
			"SECRET_KEY can be guessed, and whoever has it can be anybody.",
			"Make another: openssl rand -base64 48. Everybody signs in again then.",
		),
	];
}

const isLoopback = (host: string) => /^(?:127\.|::1$|localhost$)/.test(host);

/** What strangers meet. */
export function exposure(config: Config, examined: Examined | null): Found[] {
	const isPublic = !isLoopback(config.host) || config.publicUrl !== undefined;
	const found: Found[] = [];
	if (examined && examined.accounts > 0 && !examined.hasAdmin)
		found.push(warning("There is no administrator.", "Make one: minifeed user role NAME admin."));
	if (!isPublic) return [...found, ok("Only this machine can reach the server.")];
	if (config.registration === "open")
		found.push(notice("Anybody may register, from anywhere.", "If you know your people: REGISTRATION=invite."));
	if (!config.rateLimit)
		found.push(
			warning("RATE_LIMIT=off: anybody may ask, and guess passwords, as often as they like.", "Set RATE_LIMIT=on."),
		);
	if (config.publicUrl?.startsWith("http://"))
		found.push(
			warning("PUBLIC_URL is http: passwords and tokens go over the net in plain.", "Put a proxy with TLS in front."),
		);
	if (config.trustedProxies.length === 0 && isLoopback(config.host))
		found.push(
			warning(
				"PUBLIC_URL is set and the server listens on this machine only, so a proxy is in front, but none is trusted: all who come by it count as one.",
				"Set TRUSTED_PROXIES to the address of the proxy, as 127.0.0.1.",
			),
		);
	return found.length > 0 ? found : [ok("What strangers meet is as it should be.")];
}

export const program = (): Found[] => [
	ok(
		`This is minifeed ${version}${commit ? ` (${commit})` : ""} on Bun ${Bun.version}, ${process.platform} ${process.arch}.`,
	),
];
