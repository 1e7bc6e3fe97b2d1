import { expect, test } from "bun:test";
import { deviceOf, networkOf } from "../../src/http/client-info";

test.each([
	["203.0.113.77", "203.0.113.0/24"],
	["2001:db8:12:34:56:78:9a:bc", "2001:db8:12::/48"],
	["2001:db8::1", "2001:db8:0::/48"],
	["::1", "0:0:0::/48"],
	[undefined, ""],
])("of %p the network is kept: %p", (address, network) => {
	expect(networkOf(address)).toBe(network);
});

const chrome = "Chrome/142.0.0.0 Safari/537.36";
test.each([
	[`Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ${chrome}`, "Chrome on Windows"],
	[`Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 ${chrome} Edg/142.0.0.0`, "Edge on Windows"],
	[`Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) ${chrome}`, "Chrome on Android"],
	["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on macOS"],
	["Mozilla/5.0 (X11; CrOS x86_64 14541) AppleWebKit/537.36", "ChromeOS"],
	[
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1",
		"Safari on iPhone",
	],
	[
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15",
		"Safari on macOS",
	],
	["Mozilla/5.0 (Linux; U; Android 4.0.3) AppleWebKit/534.30 Version/4.0 Mobile Safari/534.30", "Safari on Android"],
	["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/142.0.0.0 Safari/537.36", "Linux"],
	["curl/8.5.0", "curl"],
	["Bun/1.4.5", "Bun"],
	["<script>alert(1)</script>", ""],
	["x".repeat(5000), "x".repeat(40)],
	["", ""],
])("a device is named after %p", (userAgent, device) => {
	expect(deviceOf(userAgent)).toBe(device);
});
