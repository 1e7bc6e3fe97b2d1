import type { ClientAddresses, Server } from "../core/address";
import { AppError } from "../core/errors";
import { isHost } from "../core/web-origin";

type Options = {
	clientAddress: ClientAddresses;
	server: () => Server | null;
	/** Lower case; empty allows every host. */
	allowedHosts: string[];
	publicUrl: string | undefined;
};

/**
 * Finds where browsers reach the server. `X-Forwarded-Proto` and `X-Forwarded-Host` count only when a trusted proxy sends
 * them. `Forwarded` (RFC 7239) never counts: most proxies pass it on from the client unchanged.
 */
export function outside({ clientAddress, server, allowedHosts, publicUrl }: Options) {
	const allowed = new Set(allowedHosts);
	const isAllowed = (host: string | null) => allowed.size === 0 || allowed.has(hostname(host));

	/** The host that a trusted proxy forwards. Null without one, and for a host that the server does not accept. */
	function forwardedHost(request: Request): string | null {
		const host = clientAddress.forwarded(request, server(), request.headers.get("x-forwarded-host"));
		return host !== null && isHost(host) && URL.canParse(`http://${host}`) && isAllowed(host) ? host : null;
	}

	return {
		isServed: (request: Request, host: string | null) => isAllowed(host) || forwardedHost(request) !== null,

		/** Makes the beginning of absolute links: PUBLIC_URL, or the address that the request was sent to. */
		urlOf(request: Request): string {
			if (publicUrl !== undefined) return publicUrl;
			const proto = clientAddress.forwarded(request, server(), request.headers.get("x-forwarded-proto"))?.toLowerCase();
			const scheme = proto === "https" ? "https" : "http"; // the server itself has no TLS
			const host = forwardedHost(request) ?? request.headers.get("host") ?? URL.parse(request.url)?.host;
			const url = URL.parse(`${scheme}://${host}`);
			if (url === null) throw new AppError("malformed", "The Host header is not a valid host.");
			return url.origin;
		},
	};
}
export type Outside = ReturnType<typeof outside>;

const hostname = (host: string | null) => (host ?? "").toLowerCase().replace(/:\d+$/, "");
