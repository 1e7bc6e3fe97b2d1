import { describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configWarnings, loadConfig, options } from "../../src/config/config";
import { addEnvFile } from "../../src/config/environment";
import { meantOption } from "../../src/config/option-hints";
import { program } from "../support/server";

const folder = (files: Record<string, string>) => {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-"));
	for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
	return directory;
};

const main = join(import.meta.dir, "../../src/main.ts");
const configOf = async (directory: string, env: Record<string, string> = {}) => {
	const ran = program({ PORT: "", ...env }, directory, [process.execPath, main, "config"]);
	const { code, stdout, stderr } = await ran.exit();
	const shown = (name: string) => new RegExp(`^${name} +(.*\\S) +(\\S+)$`, "m").exec(stdout)?.slice(1);
	return { code, stderr, shown };
};

test("the program reads .env literally, and the environment counts more", async () => {
	const directory = folder({
		".env": "DATA_DIR=a$HOME#b\nPUBLIC_URL='https://file.example'\nLOG_LEVEL=warn\nINVITE=users\n",
		".env.local": "METRICS=on\nDATA_DIR=local\n",
		".env.development": "METRICS=on\n",
	});
	const { code, stderr, shown } = await configOf(directory, { PUBLIC_URL: "https://real.example", LOG_LEVEL: "" });

	expect(code).toBe(0);
	expect(shown("DATA_DIR")).toEqual(["a$HOME#b", ".env"]);
	expect(shown("PUBLIC_URL")).toEqual(["https://real.example", "environment"]);
	expect(shown("LOG_LEVEL")).toEqual(["info", "default"]);
	expect(shown("METRICS")).toEqual(["off", "default"]);
	expect(stderr.split("\n")).toEqual([
		expect.stringContaining(".env.local is not read"),
		expect.stringContaining(".env.development is not read"),
		expect.stringContaining(".env, line 1 (DATA_DIR): Docker Compose expands $"),
		expect.stringContaining("Did you mean INVITES?"),
		"",
	]);
	rmSync(directory, { recursive: true });
});

test("a mistake in .env ends every command, with its line", async () => {
	const directory = folder({ ".env": "PORT=9000\nADMIN_PASSWORD='pass word\n" });
	const { code, stderr } = await configOf(directory);
	expect([code, stderr]).toEqual([1, expect.stringContaining(".env, line 2 (ADMIN_PASSWORD): a quote is opened")]);
	expect(stderr).not.toContain("pass word");
	rmSync(directory, { recursive: true });
});

test("the server signs in the administrator of .env, and logs the sentences", async () => {
	const password = 'pa$word long#1 \\ "quoted" staple';
	const directory = folder({
		".env": `ADMIN_USERNAME=root1\nADMIN_EMAIL=root@example.com\nADMIN_PASSWORD='${password}'\nALLOWED_HOST=feed.example\n`,
	});
	const server = program({}, directory);
	const response = await fetch(`${await server.address()}/auth/login`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username: "root1", password }),
	});
	expect(response.status).toBe(200);
	expect((await server.stop()).stdout).toContain("Did you mean ALLOWED_HOSTS?");
	server.remove();
});

test("Bun reads no .env beside our bunfig.toml", async () => {
	const directory = folder({
		".env": "PORT=1",
		".env.local": "HOST=x",
		"show.ts": "console.log(Bun.env.PORT, Bun.env.HOST)",
	});
	copyFileSync(join(import.meta.dir, "../../bunfig.toml"), join(directory, "bunfig.toml"));
	const { stdout } = Bun.spawnSync([process.execPath, "show.ts"], { cwd: directory, env: { PATH: process.env.PATH } });
	expect(stdout.toString()).toBe("undefined undefined\n");
	rmSync(directory, { recursive: true });
});

test("a process that the server starts does not read the file again", async () => {
	const env = { MINIFEED_FROM_ENV_FILE: "ADMIN_PASSWORD", ADMIN_PASSWORD: " a " };
	expect(await addEnvFile({ ...env })).toEqual([]);
	expect(() => loadConfig({ ...env, ADMIN_USERNAME: "root1", ADMIN_EMAIL: "a@b.example" })).not.toThrow();
});

const names = Object.keys(options);

test.each([
	["CORS_ORIGIN", "CORS_ORIGINS"],
	["CORS_ALLOWED_ORIGINS", "CORS_ORIGINS"],
	["ALLOWED_ORIGINS", "CORS_ORIGINS"],
	["ALLOWED_HOST", "ALLOWED_HOSTS"],
	["ALLOW_HOSTS", "ALLOWED_HOSTS"],
	["allowed_hosts", "ALLOWED_HOSTS"],
	["TRUSTED_PROXY", "TRUSTED_PROXIES"],
	["TRUST_PROXY", "TRUSTED_PROXIES"],
	["PUBLIC-URL", "PUBLIC_URL"],
	["PUBLICURL", "PUBLIC_URL"],
	["PUBLIC_URI", "PUBLIC_URL"],
	["PUBILC_URL", "PUBLIC_URL"],
	["DATADIR", "DATA_DIR"],
	["DATA_DIRECTORY", "DATA_DIR"],
	["ADMIN_USER", "ADMIN_USERNAME"],
	["ADMIN_PASS", "ADMIN_PASSWORD"],
	["ADMIN_MAIL", "ADMIN_EMAIL"],
	["INVITE", "INVITES"],
	["REGISTRATON", "REGISTRATION"],
	["MINIFEED_PORT", "PORT"],
	["MINIFEED_DATA_DIR", "DATA_DIR"],
	["MINIFEED_CORS_ORIGIN", "CORS_ORIGINS"],
	["BACKUPS_KEEP", "BACKUP_KEEP"],
	["ACCESS_TOKEN_EXPIRE_MINUTE", "ACCESS_TOKEN_EXPIRE_MINUTES"],
])("%s seems to mean %s", (name, option) => {
	expect(meantOption(name, names)).toBe(option);
	expect(configWarnings({ [name]: "1" })).toEqual([expect.stringContaining(`Did you mean ${option}?`)]);
});

test("any option is meant by its name without an s, with two neighbours swapped, or in small letters", () => {
	for (const name of names.filter((name) => name.length >= 8)) {
		const middle = Math.floor(name.length / 2);
		const swapped = name.slice(0, middle - 1) + name[middle] + name[middle - 1] + name.slice(middle + 1);
		for (const wrong of [name.replace(/(?<!S)$/, "S"), name.replace(/S$/, ""), name.toLowerCase(), `MINIFEED_${name}`])
			if (wrong !== name) expect(meantOption(wrong, names)).toBe(name);
		if (swapped !== name && !/_/.test(swapped.slice(middle - 1, middle + 1)))
			expect(meantOption(swapped, names)).toBe(name);
	}
});

test("variables of other programs raise no alarm", () => {
	// As shells, systemd 252, Docker, Compose, Kubernetes, GitHub Actions and common images set them.
	const foreign =
		`HOSTNAME HOSTS HOSTTYPE PORTS POST host port PATH PWD OLDPWD HOME USER USERNAME LOGNAME MAIL SHELL SHLVL TERM
		TZ LANG LC_ALL LANGUAGE EDITOR PAGER DISPLAY SSH_AUTH_SOCK SSH_CONNECTION XDG_RUNTIME_DIR XDG_DATA_DIRS XDG_DATA_HOME
		INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY RUNTIME_DIRECTORY
		CREDENTIALS_DIRECTORY NOTIFY_SOCKET MAINPID LISTEN_FDS WATCHDOG_USEC MEMORY_PRESSURE_WATCH
		COMPOSE_PROJECT_NAME COMPOSE_FILE COMPOSE_PROFILES DOCKER_HOST DOCKER_CONFIG UID GID PUID PGID DOMAIN COMMIT UPSTREAM
		KUBERNETES_PORT KUBERNETES_PORT_443_TCP KUBERNETES_PORT_443_TCP_ADDR KUBERNETES_PORT_443_TCP_PORT
		KUBERNETES_PORT_443_TCP_PROTO KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS
		MINIFEED_SERVICE_HOST MINIFEED_SERVICE_PORT MINIFEED_PORT_8000_TCP MINIFEED_PORT_8000_TCP_ADDR MINIFEED_VERSION
		POD_NAME POD_IP NODE_NAME NODE_ENV NODE_OPTIONS NPM_CONFIG_LOGLEVEL npm_config_user_agent npm_lifecycle_event BUN_INSTALL
		DATABASE_URL DATABASE_HOST DATABASE_PORT DATABASE_NAME DATABASE_PASS DATABASE_USER DB_PATH PGDATA POSTGRES_PASSWORD
		SECRET SECRET_KEY_BASE SECRETS API_KEY ACCESS_TOKEN REFRESH_TOKEN PASSWORD ADMIN LOG LOGS LOG_DIR LOG_FILE LOG_PATH
		RUST_LOG APP_LOG_LEVEL APP_URL BASE_URL SITE_URL PUBLIC_API_URL VITE_PUBLIC_URL NEXT_PUBLIC_URL PUBLIC_DIR
		HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy TMPDIR TEMP TMP CI GITHUB_TOKEN GITHUB_SHA RUNNER_TEMP HOST_FILE PORT_FILE
		SMTP_HOST SMTP_PORT REDIS_URL REDIS_HOST S3_BUCKET SENTRY_DSN METRICS_PORT VIRTUAL_HOST LETSENCRYPT_HOST DATA`
			.trim()
			.split(/\s+/);
	const env = Object.fromEntries(foreign.map((name) => [name, "1"]));
	expect(configWarnings({ ...env, MINIFEED_PORT: "tcp://10.0.0.7:8000" })).toEqual([]);
});

test("only secrets come from files, which others are told", () => {
	expect(configWarnings({ ADMIN_EMAIL_FILE: "/run/secrets/email" })).toEqual([
		expect.stringContaining("only SECRET_KEY"),
	]);
	expect(configWarnings({ SECRET_KEYS_FILE: "/x" })).toEqual([expect.stringContaining("mean SECRET_KEY_FILE?")]);
});

test.each([
	["PORT", '"8000"', "quotes around"],
	["PORT", "8000\r", "line break"],
	["PORT", " 8000", "blank"],
	["REGISTRATION", "invite ", "blank"],
	["REGISTRATION", "'invite'", "quotes around"],
	["HOST", '"0.0.0.0"', "quotes around"],
	["PUBLIC_URL", "https://feed.example\r", "line break"],
	["PUBLIC_URL", "https://feed.example ", "blank"],
	["CORS_ORIGINS", '"https://a.example"', "quotes around"],
	["ADMIN_PASSWORD", "'correct horse battery'", "quotes around"],
	["ADMIN_PASSWORD", "correct horse battery ", "blank"],
	["ADMIN_PASSWORD", "correct horse battery\n", "line break"],
])("%s=%j is refused, and a sentence says what is wrong at its ends", (name, value, sentence) => {
	const env = { ADMIN_USERNAME: "root1", ADMIN_EMAIL: "a@b.example", ADMIN_PASSWORD: "correct horse", [name]: value };
	expect(() => loadConfig(env)).toThrow(new RegExp(`${name} .*${sentence}`));
	expect(() => loadConfig(env)).not.toThrow("correct horse");
});

test.each([
	["DATA_DIR", '"/srv/feed"'],
	["SECRET_KEY", `${"x".repeat(32)}\n`],
	["SECRET_KEY", `"${"x".repeat(32)}"`],
	["ALLOWED_HOSTS", "a.example, b.example\r"],
])("%s=%j may be in use, and counts with a sentence", (name, value) => {
	expect(() => loadConfig({ [name]: value })).not.toThrow();
	expect(configWarnings({ [name]: value })).toEqual([
		expect.stringMatching(new RegExp(`^${name} (has quotes|ends in)`)),
	]);
});

describe("UNDO_DAYS, the old name of TRASH_DAYS", () => {
	test("is read, with a warning that names the new one", () => {
		expect(loadConfig({ UNDO_DAYS: "3" }).trashDays).toBe(3);
		expect(loadConfig({ UNDO_DAYS: "3", TRASH_DAYS: "3" }).trashDays).toBe(3);
		expect(loadConfig({ UNDO_DAYS: "", TRASH_DAYS: "4" }).trashDays).toBe(4);
		expect(configWarnings({ UNDO_DAYS: "3" })).toEqual([
			expect.stringContaining("UNDO_DAYS is now called TRASH_DAYS."),
		]);
		expect(configWarnings({ TRASH_DAYS: "3" })).toEqual([]);
	});

	test("is refused when both names are set to different values", () => {
		expect(() => loadConfig({ UNDO_DAYS: "3", TRASH_DAYS: "4" })).toThrow(
			"TRASH_DAYS and its old name UNDO_DAYS have different values. Remove UNDO_DAYS.",
		);
	});

	test("is read from .env, and `minifeed config` shows the new name only", async () => {
		const directory = folder({ ".env": "UNDO_DAYS=3\n" });
		const { code, stderr, shown } = await configOf(directory);
		expect([code, shown("TRASH_DAYS"), shown("UNDO_DAYS")]).toEqual([0, ["3", ".env"], undefined]);
		expect(stderr).toContain("UNDO_DAYS is now called TRASH_DAYS.");
		expect((await configOf(directory, { TRASH_DAYS: "4" })).code).toBe(1);
		rmSync(directory, { recursive: true });
	});
});
