import { print, printJson, type Terminal } from "./terminal";

type Made = { url: string; expiresAt: Date };

/** A one-time link: the URL alone for scripts; on a terminal also as a QR code, for the telephone of whoever it is for. */
export async function printLink(terminal: Terminal, { url, expiresAt }: Made, json?: boolean) {
	if (json) return printJson(terminal, { url, expires_at: expiresAt });
	print(terminal, url);
	if (!terminal.stdout.isTTY) return;
	const { renderUnicodeCompact } = await import("uqr");
	print(terminal, `\n${renderUnicodeCompact(url)}\nIt holds once, until ${expiresAt.toISOString()}.`);
}
