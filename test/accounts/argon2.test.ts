import { afterAll, describe, expect, spyOn, test } from "bun:test";
import { join } from "node:path";
import * as library from "@node-rs/argon2";
import { type Argon2Costs, bunArgon2, lazyArgon2, loadArgon2 } from "../../src/accounts/users/argon2";
import { createPasswords } from "../../src/accounts/users/passwords";
import { options } from "../../src/config/config";
import { program } from "../support/server";

const { argon2: nativeArgon2, problem } = await loadArgon2();
type Range = Record<"minimum" | "maximum" | "default", number>;
const memory = options.ARGON2_MEMORY_KIB as unknown as Range;
const time = options.ARGON2_TIME as unknown as Range;
const cheap = { memoryKib: memory.minimum, passes: time.minimum };

test("the native library is in use where its package is installed", () => {
	expect(problem).toBeNull();
});

const directions = [
	["the native library", nativeArgon2, "Bun", bunArgon2],
	["Bun", bunArgon2, "the native library", nativeArgon2],
] as const;
describe.each(directions)("a hash of %s", (_, from, __, to) => {
	test.each<[string, string]>([
		["a word", "correct horse battery"],
		["256 characters", "x".repeat(256)],
		["256 characters with four bytes each", "🐎".repeat(256)],
		["letters of other scripts", "мой кот спит 天気がいい"],
		["combining characters", "e\u0301".normalize("NFKC")],
		["NUL", "before\0after"],
		["half of a surrogate pair", "correct horse \ud83d"],
	])("is verified by the other one: %s", async (_, password) => {
		const hash = await from.hash(password, cheap);
		expect(await to.verify(password, hash)).toBe(true);
		expect(await to.verify(`${password}x`, hash)).toBe(false);
		expect(await to.verify("before", hash)).toBe(false);
	});

	test.each<Argon2Costs>([
		cheap,
		{ memoryKib: memory.minimum + 1, passes: time.maximum },
		{ memoryKib: memory.default, passes: time.default },
		{ memoryKib: 65_536, passes: 1 },
	])("has the costs that were asked for, and none of its own: %j", async ({ memoryKib, passes }) => {
		const hash = await from.hash("correct horse battery", { memoryKib, passes });
		expect(hash).toMatch(/^\$argon2id\$v=19\$m=\d+,t=\d+,p=1\$[A-Za-z0-9+/]{22,43}\$[A-Za-z0-9+/]{43}$/);
		expect(hash).toContain(`$m=${memoryKib},t=${passes},p=1$`);
		expect(await to.verify("correct horse battery", hash)).toBe(true);
	});
});

test("both have the same result for every length that an import accepts", async () => {
	const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64").replace(/=+$/, "");
	for (const salt of [8, 9, 16, 32, 48, 63, 64])
		for (const output of [12, 16, 32, 63, 64, 65, 129]) {
			const hash = `$argon2id$v=19$m=8,t=1,p=1$${base64(salt)}$${base64(output)}`;
			expect([hash, await nativeArgon2.verify("x", hash)]).toEqual([hash, false]);
			expect([hash, await bunArgon2.verify("x", hash)]).toEqual([hash, false]);
		}
});

test("both have the same result for strings that are no hash, and for those that only Bun can read", async () => {
	const password = "correct horse battery";
	const hash = await bunArgon2.hash(password, cheap);
	const bcrypt = await Bun.password.hash(password, { algorithm: "bcrypt", cost: 4 });
	const strings = [
		"",
		"hello",
		bcrypt,
		hash.slice(0, -1),
		`${hash}=`,
		`${hash}$x`,
		`${hash}\n`,
		hash.replace(/\$[^$]*$/, "$!!!!"),
		hash.replace("m=8", "m=7"),
		hash.replace("m=8", "m=08"),
		hash.replace("t=1", "t=0"),
		hash.replace("p=1", "p=0"),
		"$argon2id$v=19$m=8,t=1,p=1$",
	];
	const resultOf = (result: Promise<boolean>) => result.catch(({ code }: { code: string }) => code);
	for (const string of strings) {
		const expected = await resultOf(bunArgon2.verify(password, string));
		expect([string, await resultOf(nativeArgon2.verify(password, string))]).toEqual([string, expected]);
	}
});

const implementations = [
	["native", nativeArgon2],
	["Bun", bunArgon2],
] as const;
test.each(implementations)("the same password typed on another keyboard is right: %s", async (_, argon2) => {
	const { hash, verify } = createPasswords({ minLength: 8, ...cheap }, argon2);
	const [composed, decomposed, wide] = ["fünf café", "fu\u0308nf cafe\u0301", "\uff46ünf café"];
	const made = await hash(decomposed);
	for (const typed of [composed, decomposed, wide]) expect(await verify(typed, made)).toBe(true);
	expect(await verify("funf cafe", made)).toBe(false);
});

test.each(implementations)("an unknown name is refused after the same work: %s", async (_, argon2) => {
	const spied = { ...argon2 };
	const compare = spyOn(spied, "verify");
	const costs = { memoryKib: 64, passes: 3 };
	const { hash, verify } = createPasswords({ minLength: 8, ...costs }, spied);
	expect(await verify("correct horse battery", null)).toBe(false);
	const [, dummy = ""] = compare.mock.calls[0] ?? [];
	const costsOf = (text: string) => text.split("$").slice(0, 4);
	expect(costsOf(dummy)).toEqual(costsOf(await hash("correct horse battery")));
	// Both read it, rather than refuse it at once.
	expect(await library.verify(dummy, "correct horse battery")).toBe(false);
	expect(await bunArgon2.verify("correct horse battery", dummy)).toBe(false);
});

test("the library is loaded once, at the first call", async () => {
	const argon2 = lazyArgon2({ warn: (problem) => expect(problem).toBe("never called") });
	const hashes = await Promise.all([1, 2, 3].map(() => argon2.hash("correct horse battery", cheap)));
	expect(new Set(hashes).size).toBe(3);
	for (const hash of hashes) expect(await argon2.verify("correct horse battery", hash)).toBe(true);
});

describe("without the library", () => {
	// The package's own loader reads this; it is how the tests take the library away from the sources.
	const env = { NAPI_RS_NATIVE_LIBRARY_PATH: "/nowhere" };
	const server = program(env);
	afterAll(() => server.remove());

	test("the doctor says so, and what is needed", async () => {
		const main = join(import.meta.dir, "../../src/main.ts");
		const doctor = program({ ...env, DATA_DIR: "absent" }, server.directory, [
			process.execPath,
			main,
			"doctor",
			"--json",
		]);
		const { code, stdout } = await doctor.exit();
		const { findings } = JSON.parse(stdout) as { findings: { check: string }[] };
		expect([code, findings.filter(({ check }) => check === "hashing")]).toEqual([
			0,
			[
				expect.objectContaining({
					severity: "notice",
					message: "Bun hashes passwords, at more than twice the CPU time: Cannot find native binding.",
					remedy: expect.stringContaining("From source, run bun install."),
				}),
			],
		]);
	});

	test("a server signs people in all the same, and says so once", async () => {
		const address = await server.address();
		const post = (path: string, body: object) =>
			fetch(address + path, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			});
		const names = ["ada", "bob", "eve"];
		const password = "correct horse battery";
		const signUp = (username: string) =>
			post("/auth/register", { username, email: `${username}@example.com`, password });
		for (const { status } of await Promise.all(names.map(signUp))) expect(status).toBe(201);
		for (const username of names) expect((await post("/auth/login", { username, password })).status).toBe(200);
		const { stdout } = await server.stop();
		expect(stdout.match(/Bun hashes passwords, at more than twice the CPU time: [^"]+/g)).toEqual([
			"Bun hashes passwords, at more than twice the CPU time: Cannot find native binding.",
		]);
	});
});
