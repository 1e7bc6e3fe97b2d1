import { join } from "node:path";
import { urlHost } from "../core/address";
import { followLink } from "../disk/free-space";
import { meantOption } from "./option-hints";
import { isOption, names, oldNames, options, secrets, type Values } from "./options";
import { type Environment, list, namesFromFile, readOptions } from "./read-options";

export { isOption, options } from "./options";
export type { Environment } from "./read-options";

export type Config = ReturnType<typeof loadConfig>;

/**
 * Reads the environment once, at start. An empty variable counts as not set.
 * @throws OperatorError that lists every mistake and contains no values.
 */
export function loadConfig(env: Environment) {
	const o = readOptions(env).values;
	return {
		host: (urlHost(o.HOST) ?? o.HOST).replace(/^\[|\]$/g, ""),
		port: o.PORT,
		dataDir: o.DATA_DIR,
		// The target of a symbolic link, since SQLite and the server keep files beside the database.
		databasePath: followLink(databasePath(o)),
		durability: o.DURABILITY,
		uploadDir: uploadDir(o),
		incomingDir: join(o.DATA_DIR, "incoming"),
		media: {
			maxUploadBytes: o.MAX_UPLOAD_BYTES,
			userQuotaBytes: o.USER_QUOTA_BYTES,
			minFreeBytes: o.MIN_FREE_BYTES,
		},
		backup: { directory: join(o.DATA_DIR, "backups"), schedule: o.BACKUP_SCHEDULE, keep: o.BACKUP_KEEP },
		secretKey: o.SECRET_KEY,
		accessTokens: {
			algorithm: o.ALGORITHM,
			lifetimeSeconds: o.ACCESS_TOKEN_EXPIRE_MINUTES * 60,
		},
		refreshTokens: { lifetimeSeconds: o.REFRESH_TOKEN_EXPIRE_DAYS * 86_400 },
		passwords: {
			minLength: o.PASSWORD_MIN_LENGTH,
			memoryKib: o.ARGON2_MEMORY_KIB,
			passes: o.ARGON2_TIME,
		},
		publicUrl: o.PUBLIC_URL,
		registration: o.REGISTRATION,
		invites: { by: o.INVITES, quota: o.INVITE_QUOTA },
		auditDays: o.AUDIT_DAYS,
		trashDays: o.TRASH_DAYS,
		admin:
			o.ADMIN_USERNAME && o.ADMIN_EMAIL && o.ADMIN_PASSWORD
				? {
						username: o.ADMIN_USERNAME,
						email: o.ADMIN_EMAIL,
						password: o.ADMIN_PASSWORD,
					}
				: null,
		trustedProxies: list(o.TRUSTED_PROXIES),
		corsOrigins: list(o.CORS_ORIGINS),
		allowedHosts: list(o.ALLOWED_HOSTS).map((host) => host.toLowerCase()),
		rateLimit: o.RATE_LIMIT === "on",
		log: { level: o.LOG_LEVEL, format: o.LOG_FORMAT },
		metrics: o.METRICS === "on",
	};
}

/** Shown instead of the value of a secret. */
export const mask = "********";

/** Lists every option with its effective value and its source. Secrets are masked. Throws like `loadConfig`. */
export function effectiveOptions(env: Environment) {
	const { values, given } = readOptions(env);
	const shown: Record<string, unknown> = {
		...values,
		DATABASE_PATH: databasePath(values),
		UPLOAD_DIR: uploadDir(values),
	};
	for (const name of secrets) if (values[name]) shown[name] = mask;
	const inFile = namesFromFile(env);
	return Object.keys(options).map((name) => ({
		name,
		value: (shown[name] ?? null) as string | number | null,
		from: given[name] === undefined ? "default" : inFile.some((set) => isFor(name, set)) ? ".env" : "environment",
	}));
}

const isFor = (name: string, variable: string) =>
	variable === name || variable === `${name}_FILE` || oldNames[variable] === name;

/** Warnings about variables that are probably mistakes, a sentence each. Throws like `loadConfig`. */
export function configWarnings(env: Environment): string[] {
	const { odd } = readOptions(env);
	const unknown = Object.entries(env).flatMap(([name, value]) => unknownOption(name, value) ?? []);
	const old = Object.entries(oldNames).filter(([name]) => env[name]);
	return [
		...old.map(
			([name, option]) => `${name} is now called ${option}. Rename it: the next release does not read the old name.`,
		),
		...Object.entries(odd).map(([name, why]) => `${name} ${why} Keep it if a server has run with it.`),
		...unknown,
	];
}

/** A warning about a variable that looks like a misspelt option; null for variables of other programs. */
export function unknownOption(name: string, value = ""): string | null {
	// Kubernetes and Docker set such variables for a service called `minifeed`.
	if (isOption(name) || /^(tcp|udp|sctp):/.test(value)) return null;
	const option = name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : "";
	if (option.includes("_") && isOption(option))
		return `${name} is not read: only ${secrets.join(" and ")} can come from a file. Set ${option}.`;
	const meant = meantOption(name, names);
	return meant && `${name} is not an option, so it is not read. Did you mean ${meant}?`;
}

const uploadDir = (o: Values) => o.UPLOAD_DIR ?? join(o.DATA_DIR, "uploads");

const databasePath = (o: Values) => o.DATABASE_PATH ?? join(o.DATA_DIR, "minifeed.db");
