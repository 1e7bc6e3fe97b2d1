import { type ClientAddress, rangeOf, type Server } from "../core/address";
import type { ClientInfo } from "../core/caller";

/** Makes a function that finds the network and the device of a request. */
export const clientInfo =
	({ clientAddress, server }: { clientAddress: ClientAddress; server: () => Server | null }) =>
	(request: Request): ClientInfo => ({
		address: networkOf(clientAddress(request, server())),
		device: deviceOf(request.headers.get("user-agent") ?? ""),
	});

/** The network of an address (/24 or /48): precise enough to recognize a place, too coarse to identify a person. */
export function networkOf(address: string | undefined): string {
	if (!address) return "";
	if (!address.includes(":")) return `${address.slice(0, address.lastIndexOf("."))}.0/24`;
	return rangeOf(address, 48);
}

// The first match counts: most browsers also send the names of others.
const browsers: [RegExp, string][] = [
	[/\bEdg(?:A|iOS)?\//, "Edge"],
	[/\bOPR\//, "Opera"],
	[/\bSamsungBrowser\//, "Samsung Internet"],
	[/\b(?:Firefox|FxiOS)\//, "Firefox"],
	[/\b(?:Chrome|CriOS)\//, "Chrome"],
	[/\bVersion\/[\d.]{1,20}(?: Mobile(?:\/\w{1,20})?)? Safari\//, "Safari"],
];
const systems: [RegExp, string][] = [
	[/\biPhone\b/, "iPhone"],
	[/\biPad\b/, "iPad"],
	[/\bAndroid\b/, "Android"],
	[/\bWindows\b/, "Windows"],
	[/\bMac OS X\b/, "macOS"],
	[/\bCrOS\b/, "ChromeOS"],
	[/\bLinux\b/, "Linux"],
];

/** Maximum characters of `User-Agent` that the server reads. Browsers send 80 to 250. */
const maxUserAgent = 512;

/** A short name for a User-Agent, such as "Firefox on Linux" or "curl"; empty for an unknown one. */
export function deviceOf(header: string): string {
	const userAgent = header.slice(0, maxUserAgent);
	const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(userAgent))?.[1];
	const [browser, system] = [find(browsers), find(systems)];
	if (browser && system) return `${browser} on ${system}`;
	return browser ?? system ?? /^[\w.-]{1,40}/.exec(userAgent)?.[0] ?? "";
}
