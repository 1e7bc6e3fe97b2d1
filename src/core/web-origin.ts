import { withoutEnd } from "./trim";

/** An origin (RFC 6454) in the form of browsers. */
export const origin = /^[a-z][a-z0-9+.-]*:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/;

/** A host name, IPv4 or bracketed IPv6 address, with a port or without. */
const host = /^(?:[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
/** Characters of a host: a name of 253 (RFC 1035) and a port. */
const maxHost = 253 + ":65535".length;

export const isHost = (text: string) => text.length <= maxHost && host.test(text);

type Read = { origin: string } | { mistake: string };

/** Reads an item of CORS_ORIGINS as operators write it: an origin, or `*` for any. */
export function readCorsOrigin(text: string): Read {
	if (text === "*") return { origin: text };
	if (text.includes("*")) return { mistake: "* stands alone, for any origin. Name each origin." };
	if (/^(?:null$|file:)/i.test(text))
		return { mistake: "Pages from files have no origin. Serve them from an address, such as http://localhost:5173." };
	return readOrigin(text);
}

/** Reads PUBLIC_URL: an origin of http or https, since the server answers at the root of its host. */
export function readPublicUrl(text: string): Read {
	if (!/^https?:\/\//i.test(text))
		return { mistake: "It begins with https:// or http://, such as https://feed.example." };
	const read = readOrigin(text);
	if ("mistake" in read && (URL.parse(text)?.pathname ?? "/") !== "/")
		return {
			mistake: "A path is not supported. Give the server a host name of its own, such as https://feed.example.",
		};
	return read;
}

function readOrigin(text: string): Read {
	const [, scheme, rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(text) ?? [];
	if (!scheme) return { mistake: "An origin begins with http:// or https://, such as https://feed.example." };
	const authority = withoutEnd(rest, "/");
	if (/[/?#@\\]/.test(authority))
		return { mistake: "It has a scheme, a host and a port, such as https://feed.example. Leave out the rest." };
	const url = /^https?$/i.test(scheme) ? URL.parse(`${scheme}://${authority}`) : null;
	// URL makes no origin of the schemes that apps in a shell have, such as capacitor://localhost.
	const found = url?.origin ?? `${scheme}://${authority}`.toLowerCase();
	return (url || !/^https?$/i.test(scheme)) && origin.test(found)
		? { origin: found }
		: { mistake: "Its host or its port is not valid." };
}
