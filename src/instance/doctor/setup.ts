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
/** Age of an old backup without a schedule. */
const oldBackupMs = 7 * 24 * hourMs;

/** Checks the age of the newest backup, and verifies it as a restore does. */
export async function backups(config: Config, examined: Examined | null): Promise<CheckResult[]> {
	const { directory, schedule } = config.backup;
	if (existsSync(directory) && !isFolder(directory))
		return [error(`${directory} is not a folder, so the server cannot make backups.`, "Move the file away.")];
	const newest = backupsIn(directory)[0];
	if (!newest)
		return examined && examined.accounts > 0
			? [
					warning(
						`There is no backup in ${directory}.`,
						"Run minifeed backup. For a backup every night, set BACKUP_SCHEDULE=0 4 * * *",
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
					? "Run minifeed backup. For a backup every night, set BACKUP_SCHEDULE=0 4 * * *"
					: "Read in the log of the server why the last backups failed.",
			),
		);
	if (ageMs < -hourMs)
		found.push(
			warning(
				`The newest backup, ${newest.name}, has a time in the future.`,
				"If the clock is wrong, set it. Move that backup away, then run minifeed backup.",
			),
		);
	if (
		existsSync(dirname(config.databasePath)) &&
		statSync(directory).dev === statSync(dirname(config.databasePath)).dev
	)
		found.push(notice("The backups are on the same disk as the data.", "Copy them to another disk."));
	const temporary = mkdtempSync(join(directory, ".doctor-"));
	try {
		await verifyBackup(file, { into: { database: join(temporary, "database") }, minFree: config.media.minFreeBytes });
		found.push(ok(`The newest backup, ${newest.name}, is complete.`));
	} catch (reason) {
		if (reason instanceof DiskSpaceError)
			found.push(
				warning(
					`The doctor could not verify the newest backup, ${newest.name}: ${reason.message}`,
					"Free some disk space.",
				),
			);
		else if (reason instanceof OperatorError)
			found.push(error(`The newest backup, ${file}, cannot be restored: ${reason.message}`, "Run minifeed backup."));
		else throw reason;
	} finally {
		rmSync(temporary, { recursive: true, force: true });
	}
	return found;
}

/** Time between two runs of a cron schedule, in milliseconds. */
function scheduleIntervalMs(schedule: string): number {
	const first = Bun.cron.parse(schedule, new Date());
	const second = first && Bun.cron.parse(schedule, first);
	return first && second ? second.getTime() - first.getTime() : oldBackupMs;
}

/** A key with fewer distinct characters can be guessed. */
const minDistinctCharacters = 10;
const guessable = /change.?me|secret|password|example|12345|qwerty|minifeed/i;

/** Checks the secret key. Before the first start there is none, and no finding. */
export function secret({ secretKey, dataDir }: Config, examined: Examined | null): CheckResult[] {
	const file = keyFile(dataDir);
	if (secretKey === undefined && !examined?.needsKey && !existsSync(file)) return [];
	const what = secretKey === undefined ? file : "SECRET_KEY";
	const key = secretKey ?? readSecret(dataDir);
	if (new Set(key).size >= minDistinctCharacters && !guessable.test(key)) return [ok(`${what} looks random.`)];
	return [
		error(
			`${what} can be guessed. An attacker could then sign in as any user.`,
			`To create another, run openssl rand -base64 48. Note: ${newKeyConsequence}.`,
		),
	];
}

const isLoopback = (host: string) => /^(?:(?:::ffff:)?127\.|\[?::1\]?$|localhost$)/i.test(host);

/** True for a range wider than any private network (RFC 1918 and RFC 4193). */
const isWide = (range: string) => Number(range.split("/")[1] ?? 128) < (range.includes(":") ? 7 : 8);

/** Checks the options that matter once other machines can reach the server. */
export function exposure(config: Config, examined: Examined | null): CheckResult[] {
	const url = config.publicUrl === undefined ? null : new URL(config.publicUrl);
	const isPublic = !isLoopback(config.host) || (url !== null && !isLoopback(url.hostname));
	const found: CheckResult[] = [];
	if (examined && examined.accounts > 0 && !examined.hasAdmin)
		found.push(warning("There is no administrator.", "Run minifeed user role NAME admin."));
	if (!isPublic) return [...found, ok("Only this machine can reach the server.")];
	if (config.registration === "open")
		found.push(
			notice(
				"Registration is open to everyone who can reach the server.",
				"If you invite your users, set REGISTRATION=invite.",
			),
		);
	if (!config.rateLimit)
		found.push(warning("With RATE_LIMIT=off, clients can guess passwords without limit.", "Set RATE_LIMIT=on."));
	if (url?.protocol === "http:")
		found.push(
			warning(
				"PUBLIC_URL is http, so passwords and tokens are not encrypted.",
				"Put a reverse proxy with TLS in front.",
			),
		);
	if (url === null)
		found.push(
			notice(
				`Other machines can reach ${urlHost(config.host)}:${config.port} without TLS. Passwords and tokens are not encrypted there.`,
				"Let only a reverse proxy with TLS reach it, and set PUBLIC_URL to its https address.",
			),
		);
	const wide = config.trustedProxies.filter(isWide);
	if (wide.length > 0)
		found.push(
			warning(
				`TRUSTED_PROXIES has ${wide.join(", ")}. Each client in this range can fake its address.`,
				"Set TRUSTED_PROXIES to the address of your reverse proxy only.",
			),
		);
	if (config.trustedProxies.length === 0 && isLoopback(config.host))
		found.push(
			warning(
				"PUBLIC_URL needs a reverse proxy, but TRUSTED_PROXIES is empty. All clients share one rate limit.",
				"Set TRUSTED_PROXIES to the address of the reverse proxy, such as 127.0.0.1.",
			),
		);
	return found.length > 0 ? found : [ok("The options for access from other machines are safe.")];
}

export const program = (): CheckResult[] => [
	ok(
		`This is minifeed ${version}${commit ? ` (${commit})` : ""} on Bun ${Bun.version}, ${process.platform} ${process.arch}.`,
	),
];

/** Checks the argon2 implementation of this process. The server logs a problem of its own at the first sign-in. */
export async function hashing({ dataDir }: Config): Promise<CheckResult[]> {
	const { problem } = await loadArgon2(dataDir);
	if (problem === null) return [ok("The native argon2 library hashes passwords.")];
	const remedy =
		"From source, run bun install. The executable needs libgcc_s, and DATA_DIR or the temporary directory without noexec.";
	return [notice(problem, remedy)];
}
