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
	HOST: text("address or host name to listen on, without a port; :: is every address", {
		default: "127.0.0.1",
		minLength: 1,
	}),
	PORT: integer("TCP port to listen on; 0 picks a free port", {
		default: 8000,
		minimum: 0,
		maximum: 65535,
	}),
	DATA_DIR: text("folder of all data: database, pictures, keys and backups", {
		default: "data",
		minLength: 1,
	}),
	DATABASE_PATH: Type.Optional(text("database file, or :memory:; by default minifeed.db in DATA_DIR")),
	UPLOAD_DIR: Type.Optional(text("folder of the pictures; by default uploads in DATA_DIR")),
	MAX_UPLOAD_BYTES: integer("maximum bytes of one uploaded picture", {
		default: 10 * 1024 ** 2,
		minimum: 64 * 1024,
		maximum: 100 * 1024 ** 2,
	}),
	USER_QUOTA_BYTES: integer("maximum bytes of all stored pictures of one user", {
		default: 500 * 1024 ** 2,
		minimum: 0,
		maximum: 1024 ** 4,
	}),
	MIN_FREE_BYTES: integer("free disk space in bytes below which the server refuses new content", {
		default: 200 * 1024 ** 2,
		minimum: 0,
		maximum: 1024 ** 4,
	}),
	BACKUP_SCHEDULE: Type.Optional(
		text("crontab schedule of automatic backups in local time, such as 0 4 * * *; by default no backups"),
	),
	BACKUP_KEEP: integer("number of backups to keep in DATA_DIR; the server deletes older ones", {
		default: 7,
		minimum: 1,
		maximum: 10_000,
	}),
	SECRET_KEY: Type.Optional(
		text(
			"key that signs access tokens, at least 32 bytes; by default generated at the first start and kept in DATA_DIR",
		),
	),
	ALGORITHM: choice("signature algorithm of access tokens", ["HS256", "HS384", "HS512"]),
	ACCESS_TOKEN_EXPIRE_MINUTES: integer("lifetime of an access token in minutes", {
		default: 30,
		minimum: 1,
		maximum: 1440,
	}),
	REFRESH_TOKEN_EXPIRE_DAYS: integer("lifetime of a refresh token in days", {
		default: 7,
		minimum: 1,
		maximum: 365,
	}),
	PUBLIC_URL: Type.Optional(
		text("origin of absolute links, such as https://feed.example, without a path; by default the host of the request"),
	),
	REGISTRATION: choice("registration mode", ["open", "invite", "approval", "closed"]),
	INVITES: choice("accounts that may create invitations; administrators always may", ["admins", "users"]),
	INVITE_QUOTA: integer("maximum open invitations of one user", { default: 5, minimum: 1, maximum: 1000 }),
	AUDIT_DAYS: integer("days to keep entries of the audit log", { default: 90, minimum: 1, maximum: 3650 }),
	TRASH_DAYS: integer("days to keep deleted posts, comments and accounts in the trash; 0 deletes them permanently", {
		default: 7,
		minimum: 0,
		maximum: 365,
	}),
	ADMIN_USERNAME: Type.Optional(text("username of the first administrator")),
	ADMIN_EMAIL: Type.Optional(text("e-mail address of the first administrator")),
	ADMIN_PASSWORD: Type.Optional(text("password of the first administrator")),
	TRUSTED_PROXIES: Type.Optional(
		text("comma-separated addresses or CIDR ranges of reverse proxies whose X-Forwarded-For, -Proto and -Host count"),
	),
	CORS_ORIGINS: Type.Optional(
		text("comma-separated origins, such as https://feed.example, whose pages may call the API; * allows all"),
	),
	ALLOWED_HOSTS: Type.Optional(
		text("comma-separated host names, such as feed.example, that the server accepts; by default all"),
	),
	PASSWORD_MIN_LENGTH: integer("minimum length of a password in characters", {
		default: 8,
		minimum: 8,
		maximum: 64,
	}),
	ARGON2_MEMORY_KIB: integer("memory of one password hash (argon2id) in KiB", {
		default: 19456,
		minimum: 8,
		maximum: 1048576,
	}),
	ARGON2_TIME: integer("passes of one password hash (argon2id)", {
		default: 2,
		minimum: 1,
		maximum: 32,
	}),
	DURABILITY: choice("failure that acknowledged writes survive: full = power cut, normal = crash of the program", [
		"full",
		"normal",
	]),
	RATE_LIMIT: choice("on answers 429 to clients over the rate limits", ["on", "off"]),
	LOG_LEVEL: choice("minimum level of log entries", ["info", "warn", "error", "silent"]),
	LOG_FORMAT: choice("format of log entries; auto = pretty on a terminal, else JSON lines", ["auto", "pretty", "json"]),
	METRICS: choice("on serves Prometheus metrics at /metrics, to loopback clients and administrators", ["off", "on"]),
};

export type Values = Static<TObject<typeof options>>;
export type Name = keyof typeof options;

/** Options that can come from a file, as containers mount secrets: NAME_FILE names the file. */
export const secrets = ["SECRET_KEY", "ADMIN_PASSWORD"] as const satisfies Name[];
export const names = [...Object.keys(options), ...secrets.map((name) => `${name}_FILE`)];

/** Old names, read for one more release. `minifeed config` and the handbook show only the new names. */
export const oldNames: Partial<Record<string, Name>> = { UNDO_DAYS: "TRASH_DAYS" };

export const isOption = (name: string) => names.includes(name) || name in oldNames;
