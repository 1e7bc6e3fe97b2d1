import { type Static, type TObject, type TSchema, Type } from "@sinclair/typebox";

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
	TRASH_DAYS: integer("days that what was deleted can be brought back; 0 is not at all", {
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

export type Values = Static<TObject<typeof options>>;
export type Name = keyof typeof options;

/** Secrets may also come from a file, as containers mount them: NAME_FILE instead of NAME. */
export const secrets = ["SECRET_KEY", "ADMIN_PASSWORD"] as const satisfies Name[];
export const names = [...Object.keys(options), ...secrets.map((name) => `${name}_FILE`)];

/** Old names that are read for one release. `minifeed config` and the documents show the new name only. */
export const oldNames: Partial<Record<string, Name>> = { UNDO_DAYS: "TRASH_DAYS" };

export const isOption = (name: string) => names.includes(name) || name in oldNames;
