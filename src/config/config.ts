import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Static, type TObject, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { isRange, urlHost } from "../core/address";
import { OperatorError } from "../core/errors";
import { readCorsOrigin, readPublicUrl } from "../core/web-origin";
import { followLink } from "../disk/free-space";
import { fromEnvFile } from "./env-file";
import { meantOption, oddEnds } from "./option-hints";

const text = (description: string, options = {}) => Type.String({ description, ...options });
const integer = (description: string, options: { default: number; minimum: number; maximum: number }) =>
	Type.Integer({
		description: `${description} (${options.minimum} to ${options.maximum})`,
		...options,
	});
const choice = <T extends string>(description: string, values: [T, ...T[]]) =>
	Type.Union(
		values.map((value) => Type.Literal(value)),
		{
			description: `${description} (${values.join(", ")})`,
			default: values[0],
		},
	) as TSchema & { static: T };

/** Every option: its environment variable, meaning, default and range. Nothing needs to be set. */
export const options = {
	HOST: text("address or name of this machine to listen on, without a port; :: is every address", {
		default: "127.0.0.1",
		minLength: 1,
	}),
	PORT: integer("port to listen on; 0 takes any free one", {
		default: 8000,
		minimum: 0,
		maximum: 65535,
	}),
	DATA_DIR: text("home of everything the program keeps", {
		default: "data",
		minLength: 1,
	}),
	DATABASE_PATH: Type.Optional(text("database file, or :memory:; by default minifeed.db in DATA_DIR")),
	UPLOAD_DIR: Type.Optional(text("folder of pictures; by default uploads in DATA_DIR")),
	MAX_UPLOAD_BYTES: integer("bytes of one picture as it is sent", {
		default: 10 * 1024 ** 2,
		minimum: 64 * 1024,
		maximum: 100 * 1024 ** 2,
	}),
	USER_QUOTA_BYTES: integer("bytes that the pictures of one user may take, as they are kept", {
		default: 500 * 1024 ** 2,
		minimum: 0,
		maximum: 1024 ** 4,
	}),
	MIN_FREE_BYTES: integer("bytes that must be free on the disk for anything to be added", {
		default: 200 * 1024 ** 2,
		minimum: 0,
		maximum: 1024 ** 4,
	}),
	BACKUP_SCHEDULE: Type.Optional(
		text("when the server backs itself up, as in crontab, such as 0 4 * * *; by default never"),
	),
	BACKUP_KEEP: integer("how many backups stay in DATA_DIR; older ones are deleted", {
		default: 7,
		minimum: 1,
		maximum: 10_000,
	}),
	SECRET_KEY: Type.Optional(
		text("signs access tokens, at least 32 bytes; by default made at the first start and kept in DATA_DIR"),
	),
	ALGORITHM: choice("signature of access tokens", ["HS256", "HS384", "HS512"]),
	ACCESS_TOKEN_EXPIRE_MINUTES: integer("minutes an access token lives", {
		default: 30,
		minimum: 1,
		maximum: 1440,
	}),
	REFRESH_TOKEN_EXPIRE_DAYS: integer("days a refresh token lives", {
		default: 7,
		minimum: 1,
		maximum: 365,
	}),
	PUBLIC_URL: Type.Optional(
		text("what links start with, such as https://feed.example, without a path; by default what was asked"),
	),
	REGISTRATION: choice("who may register", ["open", "invite", "approval", "closed"]),
	INVITES: choice("who may invite", ["admins", "users"]),
	INVITE_QUOTA: integer("invitations that still hold which a user may have", { default: 5, minimum: 1, maximum: 1000 }),
	AUDIT_DAYS: integer("days that it is kept what happened to accounts", { default: 90, minimum: 1, maximum: 3650 }),
	UNDO_DAYS: integer("days that what was deleted can be brought back; 0 is not at all", {
		default: 7,
		minimum: 0,
		maximum: 365,
	}),
	ADMIN_USERNAME: Type.Optional(text("username of the first administrator")),
	ADMIN_EMAIL: Type.Optional(text("e-mail of the first administrator")),
	ADMIN_PASSWORD: Type.Optional(text("password of the first administrator")),
	TRUSTED_PROXIES: Type.Optional(
		text("comma list of the addresses or CIDR ranges of proxies whose X-Forwarded-For, -Proto and -Host are believed"),
	),
	CORS_ORIGINS: Type.Optional(
		text("comma list of origins such as https://feed.example that browsers may call from, or * for any"),
	),
	ALLOWED_HOSTS: Type.Optional(text("comma list of host names such as feed.example; when set, any other is refused")),
	PASSWORD_MIN_LENGTH: integer("shortest password, in characters", {
		default: 8,
		minimum: 8,
		maximum: 64,
	}),
	ARGON2_MEMORY_KIB: integer("memory of one password hash, in KiB", {
		default: 19456,
		minimum: 8,
		maximum: 1048576,
	}),
	ARGON2_TIME: integer("passes of one password hash", {
		default: 2,
		minimum: 1,
		maximum: 32,
	}),
	DURABILITY: choice("what an acknowledged write survives: full = a power cut, normal = a crash of the program", [
		"full",
		"normal",
	]),
	RATE_LIMIT: choice("whether requests that come too often are refused", ["on", "off"]),
	LOG_LEVEL: choice("the least that is logged", ["info", "warn", "error", "silent"]),
	LOG_FORMAT: choice("auto = pretty on a terminal, JSON lines otherwise", ["auto", "pretty", "json"]),
	METRICS: choice("whether /metrics serves Prometheus text, to loopback and admins", ["off", "on"]),
};

type Values = Static<TObject<typeof options>>;
type Name = keyof typeof options;
export type Environment = Record<string, string | undefined>;

/** Secrets may also come from a file, as containers mount them: NAME_FILE instead of NAME. */
const secrets = ["SECRET_KEY", "ADMIN_PASSWORD"] as const satisfies Name[];
const names = [...Object.keys(options), ...secrets.map((name) => `${name}_FILE`)];

export const isOption = (name: string) => names.includes(name);

const namesFromFile = (env: Environment) => env[fromEnvFile]?.split(" ") ?? [];

/** Checks each item of a list. Origins have sentences of their own. */
const lists = {
	TRUSTED_PROXIES: isRange,
	ALLOWED_HOSTS: (host: string) => /^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(host),
} satisfies Partial<Record<Name, (item: string) => boolean>>;

export type Config = ReturnType<typeof loadConfig>;

/**
 * Reads the environment once, at start. An empty variable counts as not set.
 * @throws OperatorError that names every mistake at once, never a value.
 */
export function loadConfig(env: Environment) {
	const o = readOptions(env).values;
	return {
		host: (urlHost(o.HOST) ?? o.HOST).replace(/^\[|\]$/g, ""),
		port: o.PORT,
		dataDir: o.DATA_DIR,
		// A link to the file, since SQLite and the program keep others beside the file itself.
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
		undoDays: o.UNDO_DAYS,
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

/** Stands for the value of a secret that is set. */
export const mask = "********";

/** Every option as it counts, and whether it was set. Of secrets only that they are there. Throws like `loadConfig`. */
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

const isFor = (name: string, variable: string) => variable === name || variable === `${name}_FILE`;

/** A sentence each for variables that count, but perhaps not as the operator meant them. Throws like `loadConfig`. */
export function configWarnings(env: Environment): string[] {
	const { odd } = readOptions(env);
	const unknown = Object.entries(env).flatMap(([name, value]) => unknownOption(name, value) ?? []);
	return [
		...Object.entries(odd).map(([name, why]) => `${name} ${why} Keep it if a server has run with it.`),
		...unknown,
	];
}

/** A sentence for a variable that is no option and seems meant to be one; null for those of other programs. */
export function unknownOption(name: string, value = ""): string | null {
	// Kubernetes and Docker name the addresses of a service `minifeed` so.
	if (isOption(name) || /^(tcp|udp|sctp):/.test(value)) return null;
	const option = name.endsWith("_FILE") ? name.slice(0, -"_FILE".length) : "";
	if (option.includes("_") && isOption(option))
		return `${name} is not read: only ${secrets.join(" and ")} can come from files. Set ${option}.`;
	const meant = meantOption(name, names);
	return meant && `${name} is not an option, so it is not read. Did you mean ${meant}?`;
}

/** Options that must not be wrong at their ends: links that lead nowhere, and an account that its owner cannot enter. */
const exact: Name[] = ["PUBLIC_URL", "ADMIN_USERNAME", "ADMIN_EMAIL", "ADMIN_PASSWORD"];

const uploadDir = (o: Values) => o.UPLOAD_DIR ?? join(o.DATA_DIR, "uploads");

const databasePath = (o: Values) => o.DATABASE_PATH ?? join(o.DATA_DIR, "minifeed.db");

/** With `odd`, what may be wrong at the ends of variables that count all the same. */
function readOptions(env: Environment): { values: Values; given: Environment; odd: Record<string, string> } {
	const mistakes: string[] = [];
	const given: Environment = {};
	const odd: Record<string, string> = {};
	for (const name of Object.keys(options)) if (env[name]) given[name] = env[name];
	for (const name of names) {
		const why = namesFromFile(env).includes(name) ? null : oddEnds(env[name] ?? ""); // in the file quotes say it is meant
		if (why) odd[name] = why;
	}
	for (const name of secrets) {
		const file = env[`${name}_FILE`];
		if (!file) continue;
		if (given[name]) mistakes.push(`${name} and ${name}_FILE are both set; use one.`);
		try {
			given[name] = readFileSync(file, "utf8").trim();
		} catch {
			mistakes.push(`${name}_FILE cannot be read.`);
		}
	}

	const values: Record<string, unknown> = {};
	for (const [name, schema] of Object.entries<TSchema>(options)) {
		const value = given[name] ?? schema.default; // Value.Default takes 2 ms
		if (value === undefined) continue;
		const isNumber = schema.type === "integer" && typeof value === "string" && /^\d{1,15}$/.test(value);
		values[name] = isNumber ? Number(value) : value;
		if (!Value.Check(schema, values[name])) mistakes.push(`${name} must be: ${schema.description}.`);
	}
	if (given.HOST && urlHost(given.HOST) === null) mistakes.push(`HOST must be: ${options.HOST.description}.`);
	if (given.PUBLIC_URL) {
		const read = readPublicUrl(given.PUBLIC_URL);
		if ("mistake" in read) mistakes.push(`PUBLIC_URL: ${read.mistake}`);
		else values.PUBLIC_URL = read.origin;
	}
	if (given.SECRET_KEY && Buffer.byteLength(given.SECRET_KEY) < 32)
		mistakes.push("SECRET_KEY must be at least 32 bytes.");
	for (const [name, isRight] of Object.entries(lists))
		if (!list(given[name]).every(isRight)) mistakes.push(`${name} must be: ${options[name as Name].description}.`);
	const origins = list(given.CORS_ORIGINS).map(readCorsOrigin);
	for (const [index, read] of origins.entries())
		if ("mistake" in read) mistakes.push(`CORS_ORIGINS, entry ${index + 1}: ${read.mistake}`);
	if (origins.length > 0) values.CORS_ORIGINS = origins.map((read) => ("origin" in read ? read.origin : "")).join(",");
	if (given.BACKUP_SCHEDULE && !isSchedule(given.BACKUP_SCHEDULE))
		mistakes.push(`BACKUP_SCHEDULE must be: ${options.BACKUP_SCHEDULE.description}.`);
	const admin = [given.ADMIN_USERNAME, given.ADMIN_EMAIL, given.ADMIN_PASSWORD].filter(Boolean).length;
	if (admin !== 0 && admin !== 3)
		mistakes.push("ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD make the first administrator only together.");
	// Others go on with a warning: a key or a folder of this very name may be in use, and lists leave out blanks.
	for (const [name, why] of Object.entries(odd))
		if ((exact as string[]).includes(name) || mistakes.some((mistake) => mistake.split(/[ ,:]/, 1)[0] === name))
			mistakes.push(`${name} ${why} Remove it.`);
	if (mistakes.length > 0) throw new OperatorError(`The configuration has mistakes:\n  ${mistakes.join("\n  ")}`);

	return { values: values as Values, given, odd };
}

/** Whether it is one that ever comes. */
function isSchedule(text: string): boolean {
	try {
		return Bun.cron.parse(text) !== null;
	} catch {
		return false;
	}
}

/** The items of a list, with commas or white space between them. */
const list = (value = "") => value.split(/[\s,]+/).filter(Boolean);
