import { linkUrl } from "../accounts/invites/model";
import type { Purpose } from "../accounts/invites/store";
import { type Config, loadConfig } from "../config/config";
import { OperatorError } from "../core/errors";
import { print, printError, printJson, type Terminal } from "../core/terminal";
import { reachableUrl } from "./listen";
import { runningServer, withServerOptions } from "./running";

type OneTimeLink = { purpose: Purpose; token: string; expiresAt: Date };
/** The URL that links start with, and a warning if they do not open everywhere. */
export type LinkBase = { base: string; warning: string | null };

/** Returns the base of links for a server that listens at `address`. */
export function linkBase(
	{ publicUrl, allowedHosts }: Pick<Config, "publicUrl" | "allowedHosts">,
	address: string,
): LinkBase {
	if (publicUrl) return { base: publicUrl, warning: null };
	const base = reachableUrl(address);
	const { hostname, port } = new URL(base);
	if (allowedHosts.length > 0 && !allowedHosts.includes(hostname))
		return { base, warning: `The link does not open, because ALLOWED_HOSTS refuses ${hostname}. ${setPublicUrl}` };
	if (new URL(address).hostname !== hostname)
		// the server listens at every address
		return {
			base,
			warning: `${hostname} is this machine. On other machines, replace it with the address of this one. ${setPublicUrl}`,
		};
	if (!/^(127\.|localhost$|\[::1\]$)/.test(hostname)) return { base, warning: null };
	const tunnel = `ssh -L ${port || 80}:${hostname}:${port || 80} SERVER`;
	return {
		base,
		warning: `The link opens only on this machine. On another one, run \`${tunnel}\` first. ${setPublicUrl}`,
	};
}

const setPublicUrl = "To open links everywhere, set PUBLIC_URL to the address of your site.";

/** The same for a command. Takes the address from the running server. Throws OperatorError when no address is known. */
export function linkBaseForCommand(env: Terminal["env"]): LinkBase {
	const own = loadConfig(env);
	const server = runningServer(own.dataDir);
	if (server && "address" in server) {
		const config = loadConfig(withServerOptions(env, server).env);
		return linkBase({ ...config, publicUrl: own.publicUrl ?? config.publicUrl }, server.address);
	}
	if (own.port === 0 && !own.publicUrl)
		throw new OperatorError(
			"No server is running and PORT is 0, so the link has no address. Start the server, or set PUBLIC_URL.",
		);
	return linkBase(own, `http://${own.host.includes(":") ? `[${own.host}]` : own.host}:${own.port}`);
}

/** Prints a one-time link: only the URL for scripts, with a QR code on a terminal. The warning goes to standard error. */
export async function printLink(terminal: Terminal, { base, warning }: LinkBase, link: OneTimeLink, json?: boolean) {
	const { purpose, token, expiresAt } = link;
	const url = linkUrl(base, purpose, token);
	if (json) printJson(terminal, { url, token, expires_at: expiresAt });
	else print(terminal, url);
	if (!json && terminal.stdout.isTTY)
		print(terminal, `\n${await qrCode(url)}\nThe link is valid until ${expiresAt.toISOString()}.`);
	if (warning) printError(terminal, warning);
}

export async function qrCode(url: string): Promise<string> {
	const { renderUnicodeCompact } = await import("uqr");
	return renderUnicodeCompact(url);
}
