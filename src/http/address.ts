import { lazily } from "../lazily";

/** It brings streams along, which take 3 ms and 4 MB: loaded for the first address that has to be understood. */
const net = lazily(() => process.getBuiltinModule("node:net"));

export type Server = { requestIP(request: Request): { address: string } | null };

/** Whether it is an address, or a range of them in CIDR form such as 10.0.0.0/8. */
export function isRange(text: string): boolean {
	const [address = "", bits, ...rest] = text.split("/");
	const version = net().isIP(address);
	if (version === 0 || rest.length > 0) return false;
	return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/**
 * A host to listen on, as URLs have it: IPv6 addresses in brackets. Null for text that is no host, such as one with a port
 * or with the zone of an IPv6 address, which no URL can have.
 */
export function urlHost(text: string): string | null {
	const address = text.replace(/^\[(.*)\]$/, "$1");
	if (address.includes(":")) return net().isIP(address) === 6 && !address.includes("%") ? `[${address}]` : null;
	return /^[\w.-]+$/.test(text) ? (URL.parse(`http://${text}`)?.hostname ?? null) : null;
}

/** Entries of `X-Forwarded-For` that are read, from the right. No server stands behind as many proxies. */
const maxHops = 16;
/** Characters of an entry. The longest address is IPv6 that ends in IPv4 (45) with a zone. */
const maxHop = 64;

/** The entries of `X-Forwarded-For` from right to left: the nearest proxy wrote the last. The rest is not read. */
function* hopsOf(header: string) {
	let end = header.length;
	for (let i = 0; i < maxHops && end >= 0; i++) {
		const comma = end === 0 ? -1 : header.lastIndexOf(",", end - 1);
		const hop = header.slice(comma + 1, end);
		if (hop.length > maxHop) return;
		yield hop.trim();
		end = comma;
	}
}

/**
 * Finds where a request came from. Anybody can send `X-Forwarded-For`: it counts only when the other end of the
 * connection is a trusted proxy, and then from the right, up to the first address that no trusted proxy has.
 */
export function clientAddresses(trustedProxies: string[]) {
	const trusted = lazily(() => {
		const list = new (net().BlockList)();
		for (const range of trustedProxies) {
			const [address = "", bits] = range.split("/");
			if (bits === undefined) list.addAddress(address, family(address));
			else list.addSubnet(address, Number(bits), family(address));
		}
		return list;
	});
	const isTrusted = (address: string) => trustedProxies.length > 0 && trusted().check(address, family(address));
	let unbelieved: string | null = null;

	const addressOf = (request: Request, server: Server | null): string | undefined => {
		let client = peerOf(request, server);
		if (client === undefined) return;
		const forwardedFor = request.headers.get("x-forwarded-for");
		if (forwardedFor === null) return client;
		if (!isTrusted(client)) unbelieved = client;
		for (const hop of hopsOf(forwardedFor)) {
			const address = plain(hop);
			if (!isTrusted(client) || net().isIP(address) === 0) break;
			client = address;
		}
		return client;
	};
	return Object.assign(addressOf, {
		/** Who last sent `X-Forwarded-For` and is not trusted: a proxy that nobody told of, or somebody who tries. */
		unbelieved: () => unbelieved,
	});
}
export type ClientAddress = (request: Request, server: Server | null) => string | undefined;

/** The first bits of an IPv6 address in whatever form, as a range; they must be a multiple of 16. */
export function rangeOf(address: string, bits: 48 | 64): string {
	const [head = "", tail] = address.replace(/%.*/, "").split("::");
	const groups = (part: string) => (part === "" ? [] : part.split(":"));
	// A tail in the notation of IPv4 stands for two groups.
	const after = groups(tail ?? "").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));
	const before = groups(head);
	const missing = tail === undefined ? 0 : 8 - before.length - after.length;
	const all = [...before, ...Array<string>(Math.max(0, missing)).fill("0"), ...after];
	const first = all.slice(0, bits / 16).map((group) => Number.parseInt(group, 16).toString(16));
	return `${first.join(":")}::/${bits}`;
}

/** What counts as one place: of IPv6 the first 64 bits, since whoever has one address there has all that share them. */
export const placeOf = (address: string) => (address.includes(":") ? rangeOf(address, 64) : address);

/** Headers that proxies add. Only the names are read; Bun refuses more than 16 KB of headers together. */
const forwarding = /^(?:x-forwarded-.*|forwarded|via|.*-(?:client|connecting|real)-ip)$/;

/** Whether a program on this machine asks by itself. A proxy on this machine says for whom it asks, and is no such program. */
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

/** An IPv4 address that arrives at an IPv6 socket is wrapped into one of IPv6. */
const plain = (address: string) => address.replace(/^::ffff:(\d+\.)/i, "$1");
