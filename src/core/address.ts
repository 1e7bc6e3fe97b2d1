import { lazily } from "./lazily";

/** Loaded at the first address to parse, because it loads streams, which take 3 ms and 4 MB. */
const net = lazily(() => process.getBuiltinModule("node:net"));

export type Server = { requestIP(request: Request): { address: string } | null };

/** True for an IP address, or a range in CIDR form such as 10.0.0.0/8. */
export function isRange(text: string): boolean {
	const [address = "", bits, ...rest] = text.split("/");
	const version = net().isIP(address);
	if (version === 0 || rest.length > 0) return false;
	return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/**
 * A host to listen on, in the form of URLs: IPv6 addresses in brackets. Null for text that is not a host.
 * A host has no port, and no zone of an IPv6 address, since URLs cannot have one.
 */
export function urlHost(text: string): string | null {
	const address = text.replace(/^\[(.*)\]$/, "$1");
	if (address.includes(":")) return net().isIP(address) === 6 && !address.includes("%") ? `[${address}]` : null;
	return /^[\w.-]+$/.test(text) ? (URL.parse(`http://${text}`)?.hostname ?? null) : null;
}

/** Entries of a header such as `X-Forwarded-For` that the server reads, from the right. No server has as many proxies in front. */
const maxHops = 16;
/** Characters of an entry. The longest is a host name of 253 (RFC 1035) with a port; of an address, 64 are read. */
const maxHop = 259;
const maxAddress = 64;

/** The entries of a header from right to left: the nearest proxy wrote the last. The rest is not read. */
function* hopsOf(header: string, maxLength: number) {
	let end = header.length;
	for (let i = 0; i < maxHops && end >= 0; i++) {
		const comma = end === 0 ? -1 : header.lastIndexOf(",", end - 1);
		const hop = header.slice(comma + 1, end);
		if (hop.length > maxLength) return;
		yield hop.trim();
		end = comma;
	}
}

/** The address in an entry, without quotes, brackets, port and zone. Null for `unknown`, hidden names and nonsense. */
function addressIn(hop: string): string | null {
	const text = hop.replace(/^"(.*)"$/, "$1");
	const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
	const address = (bracketed ?? dotted ?? text).replace(/%.*/, "");
	const version = net().isIP(address);
	return version === 0 || (bracketed !== undefined && version === 4) ? null : plain(address);
}

/**
 * Finds the address of a client. Any client can send `X-Forwarded-For`, so only a trusted proxy may set it.
 * The client is the last address in it that does not belong to a trusted proxy.
 */
export function clientAddresses(trustedProxies: string[]) {
	const trusted = lazily(() => {
		const list = new (net().BlockList)();
		for (const range of trustedProxies) {
			const [given = "", bits] = range.split("/");
			const address = plain(given);
			if (bits === undefined) list.addAddress(address, family(address));
			else if (family(address) === family(given)) list.addSubnet(address, Number(bits), family(address));
			else if (Number(bits) >= 96) list.addSubnet(address, Number(bits) - 96, "ipv4");
			else list.addSubnet(given, Number(bits), "ipv6");
		}
		return list;
	});
	const isTrusted = (address: string) => trustedProxies.length > 0 && trusted().check(address, family(address));
	let untrustedForwarder: string | null = null;

	/** Also counts the trusted entries of `X-Forwarded-For`. */
	function trace(request: Request, server: Server | null) {
		const peer = peerOf(request, server);
		const forwardedFor = request.headers.get("x-forwarded-for");
		if (peer === undefined || forwardedFor === null) return { client: peer, entries: 0 };
		if (!isTrusted(peer)) untrustedForwarder = peer;
		let client = peer;
		let entries = 0;
		for (const hop of hopsOf(forwardedFor, maxAddress)) {
			const address: string | null = isTrusted(client) ? addressIn(hop) : null;
			if (address === null) break;
			client = address;
			entries++;
		}
		return { client, entries };
	}

	return Object.assign((request: Request, server: Server | null) => trace(request, server).client, {
		/** The last untrusted sender of `X-Forwarded-For`: a proxy that is not configured, or an attacker. */
		untrustedForwarder: () => untrustedForwarder,

		/**
		 * The entry of a header such as `X-Forwarded-Host` that the proxy wrote to which the client connected; null where the
		 * other end is not trusted. Proxies that replace the header leave one entry, which counts for all.
		 */
		forwarded(request: Request, server: Server | null, header: string | null): string | null {
			if (header === null || !isTrusted(peerOf(request, server) ?? "")) return null;
			let rest = trace(request, server).entries;
			let found: string | null = null;
			for (const hop of hopsOf(header, maxHop)) {
				found = hop;
				if (--rest <= 0) break;
			}
			return found;
		},
	});
}
export type ClientAddress = (request: Request, server: Server | null) => string | undefined;
export type ClientAddresses = ReturnType<typeof clientAddresses>;

/** The eight groups of an IPv6 address in whatever form. */
function groupsOf(address: string): number[] {
	const [head = "", tail] = address.replace(/%.*/, "").split("::");
	const [before, after] = [numbersOf(head), numbersOf(tail ?? "")];
	const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
	return [...before, ...Array<number>(missing).fill(0), ...after];
}

/** A part in the notation of IPv4 stands for two groups. */
const numbersOf = (groups: string) =>
	(groups === "" ? [] : groups.split(":")).flatMap((group) => {
		if (!group.includes(".")) return [Number.parseInt(group, 16)];
		const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
		return [a * 256 + b, c * 256 + d];
	});

/** The first bits of an IPv6 address in whatever form, as a range; they must be a multiple of 16. */
export function rangeOf(address: string, bits: 48 | 64): string {
	const first = groupsOf(address)
		.slice(0, bits / 16)
		.map((group) => group.toString(16));
	return `${first.join(":")}::/${bits}`;
}

/** The key of rate limits: an IPv4 address, or the first 64 bits of an IPv6 address, since one client owns all that share them. */
export const rateLimitKey = (address: string) => (address.includes(":") ? rangeOf(address, 64) : address);

/** Headers that proxies add. Only the names are read; Bun refuses more than 16 KB of headers together. */
const forwarding = /^(?:x-forwarded-.*|forwarded|via|.*-(?:client|connecting|real)-ip)$/;

/** True for a request of a program on this machine. A proxy on this machine forwards for others, so its requests are not local. */
export function isLocal(request: Request, server: Server | null): boolean {
	const isForwarded = [...request.headers.keys()].some((name) => forwarding.test(name));
	return !isForwarded && /^127\.|^::1$/.test(peerOf(request, server) ?? "");
}

/** The other end of the connection; undefined when there is none, as in tests, or no longer. */
function peerOf(request: Request, server: Server | null): string | undefined {
	const address = server?.requestIP(request)?.address;
	return address && plain(address);
}

const family = (address: string) => (net().isIP(address) === 6 ? "ipv6" : "ipv4");

/** An IPv4 address that is wrapped into one of IPv6, as where it arrives at an IPv6 socket, is IPv4. Zones are left out. */
function plain(address: string): string {
	if (!address.includes(":")) return address;
	const [a, b, c, d, e, f, high = 0, low = 0] = groupsOf(address);
	if (a || b || c || d || e || f !== 0xffff) return address.replace(/%.*/, "");
	return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
