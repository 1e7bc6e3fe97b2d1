import { expect, test } from "bun:test";
import fc from "fast-check";
import { clientAddresses, isRange } from "../../src/core/address";

const from = (peer: string, forwardedFor?: string) => {
	const headers = forwardedFor === undefined ? undefined : { "x-forwarded-for": forwardedFor };
	const request = new Request("http://localhost/", { headers });
	return [request, { requestIP: () => ({ address: peer }) }] as const;
};

test.each<[string, string[], string, string | undefined, string]>([
	["without a proxy it is the other end", [], "203.0.113.7", undefined, "203.0.113.7"],
	["nobody untrusted can say who they are", [], "203.0.113.7", "198.51.100.1", "203.0.113.7"],
	["a trusted proxy is believed", ["127.0.0.1"], "127.0.0.1", "203.0.113.7", "203.0.113.7"],
	["what the client had sent before is not", ["127.0.0.1"], "127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"],
	["proxies behind proxies are skipped", ["10.0.0.0/8"], "10.0.0.2", "203.0.113.7, 10.9.9.9", "203.0.113.7"],
	["where all are proxies, it is the first", ["10.0.0.0/8"], "10.0.0.2", "10.0.0.4,10.0.0.3", "10.0.0.4"],
	["nonsense ends the chain", ["127.0.0.1"], "127.0.0.1", "203.0.113.7, unknown", "127.0.0.1"],
	["IPv4 that arrives at an IPv6 socket is IPv4", ["127.0.0.1"], "::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"],
	["so it is in any other form", ["::ffff:7f00:1"], "127.0.0.1", "0:0:0:0:0:FFFF:cb00:7107", "203.0.113.7"],
	["a range of it, too", ["::ffff:10.0.0.0/104"], "10.1.2.3", "203.0.113.7", "203.0.113.7"],
	["a port is left out", ["127.0.0.1"], "127.0.0.1", "203.0.113.7:51234", "203.0.113.7"],
	["of IPv6 with brackets", ["127.0.0.1"], "127.0.0.1", "[2001:db8::1]:443", "2001:db8::1"],
	["brackets are, too", ["127.0.0.1"], "127.0.0.1", "[2001:db8::1]", "2001:db8::1"],
	["quotes are, too", ["127.0.0.1"], "127.0.0.1", '"[2001:db8::1]:443"', "2001:db8::1"],
	["IPv4 in IPv6 with a port", ["127.0.0.1"], "127.0.0.1", "[::ffff:203.0.113.7]:80", "203.0.113.7"],
	["a zone is left out", ["::1"], "::1", "fe80::1%eth0", "fe80::1"],
	["a zone of the other end, too", ["fe80::1"], "fe80::1%eth0", "203.0.113.7", "203.0.113.7"],
	["and of what is trusted", ["fe80::1%eth0"], "fe80::1", "203.0.113.7", "203.0.113.7"],
	["proxies with ports are skipped", ["10.0.0.0/8"], "10.0.0.2", "203.0.113.7:1, 10.9.9.9:2", "203.0.113.7"],
	["a hidden name ends the chain", ["127.0.0.1"], "127.0.0.1", "203.0.113.7, _hidden", "127.0.0.1"],
	["a port alone is nonsense", ["127.0.0.1"], "127.0.0.1", ":443", "127.0.0.1"],
	["so is IPv6 with a port and no brackets", ["127.0.0.1"], "127.0.0.1", "2001:db8:0:0:0:0:0:1:443", "127.0.0.1"],
	["and IPv4 in brackets", ["127.0.0.1"], "127.0.0.1", "[203.0.113.7]:80", "127.0.0.1"],
	["and a pair of Forwarded", ["127.0.0.1"], "127.0.0.1", "for=203.0.113.7", "127.0.0.1"],
	["an empty entry, too", ["127.0.0.1"], "127.0.0.1", "203.0.113.7,", "127.0.0.1"],
	["IPv6 too", ["::1", "2001:db8::/32"], "::1", "2001:db9::1, 2001:db8::5", "2001:db9::1"],
])("%s", (_, trusted, peer, forwardedFor, expected) => {
	expect(clientAddresses(trusted)(...from(peer, forwardedFor))).toBe(expected);
});

test("a proxy that appends is never outwitted, whatever the client sent", () => {
	const find = clientAddresses(["127.0.0.1", "10.0.0.0/8"]);
	const anything = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()).map((text) => text.replace(/[^\x20-\x7e]/g, ""));
	fc.assert(
		fc.property(fc.array(anything), (sent) => {
			expect(find(...from("127.0.0.1", [...sent, "203.0.113.7"].join(", ")))).toBe("203.0.113.7");
		}),
	);
});

test("every form of an address counts as that address", () => {
	const find = clientAddresses(["127.0.0.1"]);
	const port = fc.nat(65_535);
	fc.assert(
		fc.property(fc.ipV4(), port, (address, port) => {
			const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
			const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
			for (const form of [
				address,
				`${address}:${port}`,
				`::ffff:${hex}`,
				`[::ffff:${address}]:${port}`,
				`"${address}"`,
			])
				expect(find(...from("127.0.0.1", form))).toBe(address);
		}),
	);
	fc.assert(
		fc.property(fc.ipV6(), port, (address, port) => {
			const expected = find(...from("127.0.0.1", address));
			for (const form of [`[${address}]`, `[${address}]:${port}`, `"[${address}]:${port}"`, `[${address}%1]:${port}`])
				expect(find(...from("127.0.0.1", form))).toBe(expected);
		}),
	);
});

test("ranges are addresses with or without a length of their prefix", () => {
	for (const range of ["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "0.0.0.0/0"])
		expect(isRange(range)).toBe(true);
	for (const text of ["", "localhost", "10.0.0.0/33", "10.0.0.0/", "::1/129", "10.0.0.0/8/8", "10.0/8", "10.0.0.0/-1"])
		expect([text, isRange(text)]).toEqual([text, false]);
});
