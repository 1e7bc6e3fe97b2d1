import { linkUrl } from "../accounts/invites/model";
import type { Purpose } from "../accounts/invites/store";
import { type Config, loadConfig } from "../config/config";
import { OperatorError } from "../core/errors";
import { print, printError, printJson, type Terminal } from "../core/terminal";
import { reachableUrl } from "./listen";
import { runningServer, withServerOptions } from "./running";

type OneTimeLink = { purpose: Purpose; token: string; expiresAt: Date };
/** The beginning of links, and a sentence if they do not open everywhere. */
export type LinkBase = { base: string; warning: string | null };

/** The place of links for a server that listens at an address. */
export function linkBase(
	{ publicUrl, allowedHosts }: Pick<Config, "publicUrl" | "allowedHosts">,
	address: string,
): LinkBase {
	if (publicUrl) return { base: publicUrl, warning: null };
	const base = reachableUrl(address);
	const { hostname, port } = new URL(base);
	if (allowedHosts.length > 0 && !allowedHosts.includes(hostname))
		return { base, warning: `The link does not open: ALLOWED_HOSTS refuses ${hostname}. ${setPublicUrl}` };
	if (new URL(address).hostname !== hostname)
		// it listens at every address
		return { base, warning: `${hostname} is this machine. Elsewhere, put its own address there. ${setPublicUrl}` };
	if (!/^(127\.|localhost$|\[::1\]$)/.test(hostname)) return { base, warning: null };
	const tunnel = `ssh -L ${port || 80}:${hostname}:${port || 80} SERVER`;
	return { base, warning: `The link opens only on this machine; elsewhere, run \`${tunnel}\` first. ${setPublicUrl}` };
}

const setPublicUrl = "Set PUBLIC_URL to the address of your site, and links open everywhere.";

/** The same for a command, which asks the running server. Throws OperatorError where it cannot be known. */
export function linkBaseForCommand(env: Terminal["env"]): LinkBase {
	const own = loadConfig(env);
	const server = runningServer(own.dataDir);
	if (server && "address" in server) {
		const config = loadConfig(withServerOptions(env, server).env);
		return linkBase({ ...config, publicUrl: own.publicUrl ?? config.publicUrl }, server.address);
	}
	if (own.port === 0 && !own.publicUrl)
		throw new OperatorError("No server runs, and PORT is 0: the link would lead nowhere. Start it, or set PUBLIC_URL.");
	return linkBase(own, `http://${own.host.includes(":") ? `[${own.host}]` : own.host}:${own.port}`);
}

/**
 * Prints a one-time link: the URL alone for scripts, and on a terminal also a QR code for a phone. Standard error says if
 * the link does not open everywhere.
 */
export async function printLink(terminal: Terminal, { base, warning }: LinkBase, link: OneTimeLink, json?: boolean) {
	const { purpose, token, expiresAt } = link;
	const url = linkUrl(base, purpose, token);
	if (json) printJson(terminal, { url, token, expires_at: expiresAt });
	else print(terminal, url);
	if (!json && terminal.stdout.isTTY)
		print(terminal, `\n${await qrCode(url)}\nIt holds until ${expiresAt.toISOString()}.`);
	if (warning) printError(terminal, warning);
}

export async function qrCode(url: string): Promise<string> {
	const { renderUnicodeCompact } = await import("uqr");
	return renderUnicodeCompact(url);
}
