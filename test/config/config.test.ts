import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, options } from "../../src/config/config";
import { loadOrCreateSecret } from "../../src/instance/secret-key";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true }));

test("nothing needs to be set", () => {
	expect(loadConfig({})).toEqual({
		host: "127.0.0.1",
		port: 8000,
		dataDir: "data",
		databasePath: "data/minifeed.db",
		durability: "full",
		uploadDir: "data/uploads",
		incomingDir: "data/incoming",
		media: { maxUploadBytes: 10_485_760, userQuotaBytes: 524_288_000, minFreeBytes: 209_715_200 },
		backup: { directory: "data/backups", schedule: undefined, keep: 7 },
		secretKey: undefined,
		accessTokens: { algorithm: "HS256", lifetimeSeconds: 1800 },
		refreshTokens: { lifetimeSeconds: 604_800 },
		passwords: { minLength: 8, memoryKib: 19_456, passes: 2 },
		publicUrl: undefined,
		registration: "open",
		invites: { by: "admins", quota: 5 },
		auditDays: 90,
		trashDays: 7,
		admin: null,
		trustedProxies: [],
		corsOrigins: [],
		allowedHosts: [],
		rateLimit: true,
		log: { level: "info", format: "auto" },
		metrics: false,
	});
	expect(loadConfig({ PORT: "" }).port).toBe(8000);
});

test("what is set counts", () => {
	const config = loadConfig({
		PORT: "0",
		DATA_DIR: "/srv/feed",
		ALGORITHM: "HS512",
		CORS_ORIGINS: "https://a.example, https://b.example,",
		ALLOWED_HOSTS: "Feed.example",
		ADMIN_USERNAME: "root",
		ADMIN_EMAIL: "root@example.com",
		ADMIN_PASSWORD: "correct horse battery",
	});

	expect(config).toMatchObject({
		port: 0,
		databasePath: "/srv/feed/minifeed.db",
		accessTokens: { algorithm: "HS512" },
	});
	expect(config.corsOrigins).toEqual(["https://a.example", "https://b.example"]);
	expect(config.allowedHosts).toEqual(["feed.example"]);
	expect(config.admin?.username).toBe("root");
});

test("every mistake is named at once, and no value is shown", () => {
	const load = () =>
		loadConfig({
			TRUSTED_PROXIES: "proxy.example",
			CORS_ORIGINS: "https://a.example/feed",
			ALLOWED_HOSTS: "https://b.example",
			PORT: "80000",
			ALGORITHM: "none",
			SECRET_KEY: "hunter2",
			ARGON2_TIME: "1e1",
			BACKUP_SCHEDULE: "0 0 30 2 *",
			BACKUP_KEEP: "0",
			ADMIN_USERNAME: "root",
		});

	for (const name of [
		"TRUSTED_PROXIES",
		"CORS_ORIGINS",
		"ALLOWED_HOSTS",
		"PORT",
		"ALGORITHM",
		"SECRET_KEY",
		"ARGON2_TIME",
		"BACKUP_SCHEDULE",
		"BACKUP_KEEP",
		"ADMIN_PASSWORD",
	])
		expect(load).toThrow(name);
	expect(load).not.toThrow("hunter2");
});

test.each([
	["https://feed.example/", "https://feed.example"],
	["HTTPS://Feed.Example:443", "https://feed.example"],
	["http://192.0.2.1:8080", "http://192.0.2.1:8080"],
	["https://[2001:db8::1]", "https://[2001:db8::1]"],
])("PUBLIC_URL=%s is %s", (given, expected) => {
	expect(loadConfig({ PUBLIC_URL: given }).publicUrl).toBe(expected);
});

test.each([
	["https://example.org/feed", "A path is not supported"],
	["https://example.org/feed/", "A path is not supported"],
	["feed.example", "begins with https://"],
	["ftp://feed.example", "begins with https://"],
	["https://feed.example?x=1", "Leave out the rest"],
	["https://feed.example#x", "Leave out the rest"],
	["https://ada:secret@feed.example", "Leave out the rest"],
	["https://feed example", "not valid"],
	["https://:8000", "not valid"],
])("PUBLIC_URL=%s is refused with its reason", (given, reason) => {
	expect(() => loadConfig({ PUBLIC_URL: given })).toThrow(reason);
});

test("a secret may come from a file", () => {
	const file = join(temporary, "key");
	writeFileSync(file, "a secret from a file, long enough to sign with\n");

	expect(loadConfig({ SECRET_KEY_FILE: file }).secretKey).toBe("a secret from a file, long enough to sign with");
	expect(() => loadConfig({ SECRET_KEY_FILE: "/nowhere" })).toThrow("SECRET_KEY_FILE cannot be read");
	expect(() => loadConfig({ SECRET_KEY_FILE: file, SECRET_KEY: "x".repeat(32) })).toThrow("both set");
});

test(".env.example names every option, with its default", () => {
	const example = readFileSync(".env.example", "utf8");
	for (const [name, { default: value }] of Object.entries(options)) expect(example).toContain(`${name}=${value ?? ""}`);
});

test("the key is made once and kept where only we can read it", () => {
	const directory = join(temporary, "data");
	const secret = loadOrCreateSecret(directory);

	expect(secret.length).toBeGreaterThanOrEqual(32);
	expect(loadOrCreateSecret(directory)).toBe(secret);
	expect(statSync(join(directory, "secret.key")).mode & 0o777).toBe(0o600);
	writeFileSync(join(directory, "secret.key"), "short");
	expect(() => loadOrCreateSecret(directory)).toThrow("too short");
});
