import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { options } from "../../src/config/config";

const read = (path: string) => readFileSync(join(import.meta.dir, "../..", path), "utf8");
const dockerfile = read("Dockerfile");
const unit = read(".deploy/minifeed.service");
const proxies = { caddy: read(".deploy/Caddyfile"), nginx: read(".deploy/nginx.conf") };
const { services, networks } = Bun.YAML.parse(read(".deploy/compose.yaml")) as {
	services: Record<"minifeed" | "caddy", Service>;
	networks: { inside: { ipam: { config: [{ subnet: string }] } } };
};
type Service = {
	environment: Record<string, string>;
	networks: { inside: { ipv4_address: string } };
	stop_grace_period: string;
};

test("every variable that a sample sets is an option", () => {
	const names = [
		...dockerfile.matchAll(/^ENV .*/gm).flatMap(([line]) => line.match(/[A-Z_]+(?==)/g) ?? []),
		...Object.keys(services.minifeed.environment),
		...[unit, ...Object.values(proxies)].flatMap(
			(text) => text.match(/(?<=^(?:Environment=|# {3}))[A-Z_]+(?==)/gm) ?? [],
		),
	];
	expect(new Set(names)).toEqual(
		new Set(["HOST", "PORT", "DATA_DIR", "ALLOWED_HOSTS", "PUBLIC_URL", "TRUSTED_PROXIES"]),
	);
	for (const name of names) expect(Object.keys(options)).toContain(name);
});

test("the image is built with the same Bun as everything else", () => {
	const version = /^FROM oven\/bun:(\S+)/m.exec(dockerfile)?.[1];
	const elsewhere = [".ci/run", ".ci/weekly", "README.md"].flatMap(
		(path) => read(path).match(/(?<=bun@)[\d.]+\d/g) ?? [],
	);
	expect(elsewhere.length).toBeGreaterThan(2);
	for (const other of elsewhere) expect(other).toBe(version as string);
});

test("there is more time to stop than the program takes", () => {
	const seconds = [services.minifeed.stop_grace_period, /^TimeoutStopSec=(.*)/m.exec(unit)?.[1]];
	for (const given of seconds) expect(Number(/^(\d+)s$/.exec(given ?? "")?.[1])).toBeGreaterThan(10);
});

test("the proxy that is trusted is the one that is there", () => {
	const proxy = services.caddy.networks.inside.ipv4_address;
	expect(services.minifeed.environment.TRUSTED_PROXIES).toBe(proxy);
	expect(networks.inside.ipam.config[0].subnet).toStartWith(proxy.replace(/\d+$/, ""));
	expect(services.caddy.environment.UPSTREAM).toBe(`minifeed:${/PORT=(\d+)/.exec(dockerfile)?.[1]}`);
	for (const text of Object.values(proxies)) expect(text).toContain(`127.0.0.1:${options.PORT.default}`);
});

test("links lead to the outside address", () => {
	const { PUBLIC_URL, ALLOWED_HOSTS } = services.minifeed.environment;
	expect(PUBLIC_URL).toMatch(/^https:\/\/\$\{DOMAIN\}$/);
	expect(ALLOWED_HOSTS).toMatch(/^\$\{DOMAIN:\?/);
	for (const text of Object.values(proxies)) {
		const name = /^# {3}ALLOWED_HOSTS=(.*)$/m.exec(text)?.[1];
		expect(text).toContain(`#   PUBLIC_URL=https://${name}\n`);
	}
	for (const name of ["For $remote_addr", "Proto $scheme", "Host $http_host"])
		expect(proxies.nginx).toContain(`proxy_set_header X-Forwarded-${name};`);
});

test("all start the same executable", () => {
	expect(dockerfile).toContain("cp dist/minifeed ");
	expect(dockerfile).toContain('ENTRYPOINT ["/minifeed"]');
	expect(dockerfile).toContain('CMD ["/minifeed", "healthcheck"]');
	expect(unit).toContain("ExecStart=/usr/local/bin/minifeed serve\n");
});

test("the image has the libraries that the native argon2 library is linked to", () => {
	const linked = /for file in (.+); do ldd/.exec(dockerfile)?.[1]?.split(" ");
	expect(linked).toEqual(["dist/minifeed", "node_modules/@node-rs/argon2-*/*.node"]);
});
