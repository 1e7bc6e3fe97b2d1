import { loadConfig } from "../config";
import { linkUrl } from "../links/model";
import type { Purpose } from "../links/store";
import { reachable } from "./listening";
import { print, printJson, type Terminal } from "./terminal";

type Made = { purpose: Purpose; token: string; expiresAt: Date };

/** A one-time link: the URL alone for scripts; on a terminal also as a QR code, for the telephone of whoever it is for. */
export async function printLink(terminal: Terminal, { purpose, token, expiresAt }: Made, json?: boolean) {
	const { publicUrl, host, port } = loadConfig(terminal.env);
	const url = linkUrl(publicUrl ?? `http://${reachable(host)}:${port}`, purpose, token);
	if (json) return printJson(terminal, { url, token, expires_at: expiresAt });
	print(terminal, url);
	if (!terminal.stdout.isTTY) return;
	print(terminal, `\n${await qrCode(url)}\nIt holds until ${expiresAt.toISOString()}.`);
}

export async function qrCode(url: string): Promise<string> {
	const { renderUnicodeCompact } = await import("uqr");
	return renderUnicodeCompact(url);
}
