import { expect, test } from "bun:test";
import fc from "fast-check";
import { clientAddresses, isRange } from "../../src/http/address";

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

test("ranges are addresses with or without a length of their prefix", () => {
	for (const range of ["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "0.0.0.0/0"])
		expect(isRange(range)).toBe(true);
	for (const text of ["", "localhost", "10.0.0.0/33", "10.0.0.0/", "::1/129", "10.0.0.0/8/8", "10.0/8", "10.0.0.0/-1"])
		expect([text, isRange(text)]).toEqual([text, false]);
});
