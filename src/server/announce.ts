import { hostname } from "node:os";
import { relative } from "node:path";
import { linkUrl } from "../accounts/invites/model";
import type { OneTimeLinks } from "../accounts/invites/service";
import type { Config } from "../config/config";
import { fromEnvFile } from "../config/env-file";
import type { Log } from "../core/log";
import { operator } from "../core/permissions";
import { print, type Terminal } from "../core/terminal";
import { name } from "../core/version";
import type { Stores } from "../db/stores";
import { linkBase, qrCode } from "./link";
import { reachableUrl } from "./listen";

type Announcement = {
	terminal: Terminal;
	log: Log;
	config: Config;
	stores: Stores;
	oneTimeLinks: OneTimeLinks;
	isReadOnly: () => boolean;
};

/** Prints the address of the server and, while no administrator exists, two ways to create one. */
export async function announce(
	address: string,
	{ terminal, log, config, stores, oneTimeLinks, isReadOnly }: Announcement,
) {
	const hasAdmin = isReadOnly() || (await stores.users.hasAdmin()); // maintenance allows no new account
	const createAdmin = `${ownCommandLine(terminal.env)} user create NAME --email ADDRESS --role admin`;
	if (!log.isPretty) {
		log.info(
			{ url: address, docs: `${address}/docs`, database: config.databasePath },
			`${name} listening on ${address}`,
		);
		// The link stays out of logs: its first reader becomes the administrator.
		if (!hasAdmin)
			log.warn(
				`There is no administrator. Create one with \`${createAdmin}\`, or set ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD and restart.`,
			);
		return;
	}
	// Before the first line is printed: a program that reads that line may use the link at once.
	const { items } = await stores.users.accounts({ limit: 1 });
	const link = hasAdmin ? null : await oneTimeLinks.firstAdmin(operator);
	const here = reachableUrl(address);
	const write = (line = "") => print(terminal, line);
	write(`${name}\n`);
	write(`  listening on   ${address}`);
	write(`  documentation  ${here}/docs`);
	write(`  database       ${config.databasePath}\n`);
	if (link) {
		const { base, warning } = linkBase(config, address);
		const url = linkUrl(base, "admin", link.token);
		write("There is no administrator yet. An administrator approves and suspends users, and makes backups.");
		write("This link creates the administrator account. It works once, within 30 minutes:");
		write(`  ${url}\n`);
		if (warning) write(`  ${warning}\n`);
		// Without PUBLIC_URL the link opens only on this machine, where a QR code is no use.
		if (config.publicUrl && terminal.stdout.isTTY) write(`${await qrCode(url)}\n`);
		write("If you cannot open the link, run this command on the server instead:");
		write(`  ${createAdmin}\n`);
	}
	if (items.length > 0 || config.registration !== "open") return;
	write("Create the first account, an ordinary one, with the API:");
	write(`  curl ${here}/auth/register -H 'Content-Type: application/json' \\`);
	write(`    -d '{"username": "ada", "email": "ada@example.com", "password": "correct horse battery"}'\n`);
}

/** Returns the start of a shell command that uses the data of this server. */
function ownCommandLine(env: Terminal["env"]): string {
	if (!Bun.isStandaloneExecutable) {
		const path = relative(process.cwd(), Bun.main);
		return `${pathVariables(env)}bun ${path.startsWith("..") ? Bun.main : path}`;
	}
	if (process.execPath === "/minifeed") return `docker exec -it ${hostname()} /minifeed`; // the path in the container image
	return pathVariables(env) + process.execPath;
}

/** Returns the shell variables that a command needs to find the data. It reads `.env` itself. */
function pathVariables(env: Terminal["env"]): string {
	const inFile = env[fromEnvFile]?.split(" ") ?? [];
	const names = ["DATA_DIR", "DATABASE_PATH"].filter((name) => env[name] && !inFile.includes(name));
	return names.map((name) => `${name}=${quoted(env[name] ?? "")} `).join("");
}

const quoted = (text: string) => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
