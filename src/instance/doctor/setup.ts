import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadArgon2 } from "../../accounts/users/argon2";
import type { Config } from "../../config/config";
import { urlHost } from "../../core/address";
import { DiskSpaceError, OperatorError } from "../../core/errors";
import { commit, version } from "../../core/version";
import type { Examined } from "../../db/engine";
import { isFolder } from "../../disk/free-space";
import { backupsIn } from "../backup/retention";
import { verifyBackup } from "../backup/verify";
import { keyFile, newKeyConsequence, readSecret } from "../secret-key";
import { type CheckResult, error, notice, ok, warning } from "./finding";

const hourMs = 60 * 60 * 1000;
/** A backup is old after this long, in milliseconds, where no schedule says otherwise. */
const oldBackupMs = 7 * 24 * hourMs;

/** The newest backup is read as a whole, as a restore would. */
export async function backups(config: Config, examined: Examined | null): Promise<CheckResult[]> {
	const { directory, schedule } = config.backup;
	if (existsSync(directory) && !isFolder(directory))
		return [error(`${directory} is no folder: no backup can be made.`, "Move it away.")];
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
	const ageMs = Date.now() - newest.createdAt.getTime();
	const found: CheckResult[] = [];
	const maxAgeMs = schedule === undefined ? oldBackupMs : 2 * scheduleIntervalMs(schedule) + hourMs;
	if (ageMs > maxAgeMs)
		found.push(
			warning(
				`The newest backup is ${Math.round(ageMs / hourMs)} hours old.`,
				schedule === undefined
					? "Make one: minifeed backup. Every night: BACKUP_SCHEDULE=0 4 * * *"
					: "See in the log of the server why the last ones failed.",
			),
		);
	if (ageMs < -hourMs)
		found.push(
			warning(
				`The newest backup, ${newest.name}, is of a time that is still to come.`,
				"If the clock is wrong, set it. Make another, and move that one away: minifeed backup.",
			),
		);
	if (
		existsSync(dirname(config.databasePath)) &&
		statSync(directory).dev === statSync(dirname(config.databasePath)).dev
	)
		found.push(notice("Backups are on the same disk as the data.", "Copy them elsewhere: a disk breaks as a whole."));
	const temporary = mkdtempSync(join(directory, ".doctor-"));
	try {
		await verifyBackup(file, { into: { database: join(temporary, "database") }, minFree: config.media.minFreeBytes });
		found.push(ok(`The newest backup, ${newest.name}, is whole.`));
	} catch (reason) {
		if (reason instanceof DiskSpaceError)
			found.push(warning(`The newest backup, ${newest.name}, was not read: ${reason.message}`, "Make room."));
		else if (reason instanceof OperatorError)
			found.push(
				error(`The newest backup, ${file}, cannot be used: ${reason.message}`, "Make another: minifeed backup."),
			);
		else throw reason;
	} finally {
		rmSync(temporary, { recursive: true, force: true });
	}
	return found;
}

/** Between two of its times, in milliseconds. */
function scheduleIntervalMs(schedule: string): number {
	const first = Bun.cron.parse(schedule, new Date());
	const second = first && Bun.cron.parse(schedule, first);
	return first && second ? second.getTime() - first.getTime() : oldBackupMs;
}

/** A key of so few different characters, or with such a word in it, can be guessed. */
const minDistinctCharacters = 10;
const guessable = /change.?me|secret|password|example|12345|qwerty|minifeed/i;

/** Before the first start there is no key, and nothing that needs one. */
export function secret({ secretKey, dataDir }: Config, examined: Examined | null): CheckResult[] {
	const file = keyFile(dataDir);
	if (secretKey === undefined && !examined?.needsKey && !existsSync(file)) return [];
	const what = secretKey === undefined ? file : "SECRET_KEY";
	const key = secretKey ?? readSecret(dataDir);
	if (new Set(key).size >= minDistinctCharacters && !guessable.test(key)) return [ok(`${what} looks random.`)];
	return [
		error(
			`${what} can be guessed, and whoever has it can be anybody.`,
			`Make another: openssl rand -base64 48. But ${newKeyConsequence}.`,
		),
	];
}

const isLoopback = (host: string) => /^(?:(?:::ffff:)?127\.|\[?::1\]?$|localhost$)/i.test(host);

/** Ranges that more than one's own network fits into: those of private networks are no wider (RFC 1918 and RFC 4193). */
const isWide = (range: string) => Number(range.split("/")[1] ?? 128) < (range.includes(":") ? 7 : 8);

/** What strangers meet. */
export function exposure(config: Config, examined: Examined | null): CheckResult[] {
	const url = config.publicUrl === undefined ? null : new URL(config.publicUrl);
	const isPublic = !isLoopback(config.host) || (url !== null && !isLoopback(url.hostname));
	const found: CheckResult[] = [];
	if (examined && examined.accounts > 0 && !examined.hasAdmin)
		found.push(warning("There is no administrator.", "Make one: minifeed user role NAME admin."));
	if (!isPublic) return [...found, ok("Only this machine can reach the server.")];
	if (config.registration === "open")
		found.push(notice("Anybody may register, from anywhere.", "If you know your people: REGISTRATION=invite."));
	if (!config.rateLimit)
		found.push(
			warning("RATE_LIMIT=off: anybody may ask, and guess passwords, as often as they like.", "Set RATE_LIMIT=on."),
		);
	if (url?.protocol === "http:")
		found.push(
			warning("PUBLIC_URL is http: passwords and tokens go over the net in plain.", "Put a proxy with TLS in front."),
		);
	if (url === null)
		found.push(
			notice(
				`Others reach ${urlHost(config.host)}:${config.port}, which speaks no TLS: passwords and tokens go there in plain.`,
				"Let nobody but a proxy with TLS reach it, and set PUBLIC_URL to its https address.",
			),
		);
	const wide = config.trustedProxies.filter(isWide);
	if (wide.length > 0)
		found.push(
			warning(
				`TRUSTED_PROXIES has ${wide.join(", ")}: whoever is in it can pass for anybody.`,
				"Name the address of the proxy, and nothing else.",
			),
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

export const program = (): CheckResult[] => [
	ok(
		`This is minifeed ${version}${commit ? ` (${commit})` : ""} on Bun ${Bun.version}, ${process.platform} ${process.arch}.`,
	),
];

/** Reports the implementation that this process loads. The server logs its own problem at the first sign-in. */
export async function hashing({ dataDir }: Config): Promise<CheckResult[]> {
	const { problem } = await loadArgon2(dataDir);
	if (problem === null) return [ok("The native argon2 library hashes passwords.")];
	const remedy =
		"From source: bun install. An executable needs libgcc_s, and DATA_DIR or the temporary directory without noexec.";
	return [notice(problem, remedy)];
}
