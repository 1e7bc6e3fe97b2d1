import { readFileSync } from "node:fs";
import type { TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { isRange, urlHost } from "../core/address";
import { OperatorError } from "../core/errors";
import { readCorsOrigin, readPublicUrl } from "../core/web-origin";
import { fromEnvFile } from "./env-file";
import { oddEnds } from "./option-hints";
import { type Name, names, oldNames, options, secrets, type Values } from "./options";

export type Environment = Record<string, string | undefined>;

type Read = {
	values: Values;
	/** The options that are set, as text. */
	given: Environment;
	/** Variables that may be wrong at their ends, each with the reason. */
	odd: Record<string, string>;
};

/** @throws OperatorError that names every mistake at once, never a value. */
export function readOptions(env: Environment): Read {
	const given: Environment = {};
	for (const name of Object.keys(options)) if (env[name]) given[name] = env[name];
	const values: Record<string, unknown> = {};
	const mistakes = [
		...readOldNames(env, given),
		...readSecretFiles(env, given),
		...readTypes(given, values),
		...checkHost(given),
		...readPublicAddress(given, values),
		...checkKey(given),
		...checkLists(given),
		...readCorsOrigins(given, values),
		...checkSchedule(given),
		...checkAdmin(given),
	];
	const odd = oddOptions(env);
	// Others go on with a warning: a key or a folder of this very name may be in use, and lists leave out blanks.
	for (const [name, why] of Object.entries(odd))
		if ((exact as string[]).includes(name) || mistakes.some((mistake) => mistake.split(/[ ,:]/, 1)[0] === name))
			mistakes.push(`${name} ${why} Remove it.`);
	if (mistakes.length > 0) throw new OperatorError(`The configuration has mistakes:\n  ${mistakes.join("\n  ")}`);
	return { values: values as Values, given, odd };
}

/** Options that must not be wrong at their ends: links that lead nowhere, and an account that its owner cannot enter. */
const exact: Name[] = ["PUBLIC_URL", "ADMIN_USERNAME", "ADMIN_EMAIL", "ADMIN_PASSWORD"];

/** Names that `.env` set. */
export const namesFromFile = (env: Environment) => env[fromEnvFile]?.split(" ") ?? [];

function oddOptions(env: Environment): Record<string, string> {
	const odd: Record<string, string> = {};
	const inFile = namesFromFile(env); // there, quotes keep such ends on purpose
	for (const name of names) {
		const why = inFile.includes(name) ? null : oddEnds(env[name] ?? "");
		if (why) odd[name] = why;
	}
	return odd;
}

// Each of these returns mistakes. Those called `read…` also add what they read.

function readOldNames(env: Environment, given: Environment): string[] {
	const mistakes: string[] = [];
	for (const [old, name] of Object.entries(oldNames) as [string, Name][]) {
		const value = env[old];
		if (!value) continue;
		if (given[name] && given[name] !== value)
			mistakes.push(`${name} and its old name ${old} have different values. Remove ${old}.`);
		given[name] ??= value;
	}
	return mistakes;
}

function readSecretFiles(env: Environment, given: Environment): string[] {
	const mistakes: string[] = [];
	for (const name of secrets) {
		const file = env[`${name}_FILE`];
		if (!file) continue;
		if (given[name]) mistakes.push(`${name} and ${name}_FILE are both set; use one.`);
		try {
			given[name] = readFileSync(file, "utf8").trim();
		} catch {
			mistakes.push(`${name}_FILE cannot be read.`);
		}
	}
	return mistakes;
}

const wrong = (name: Name) => `${name} must be: ${options[name].description}.`;

function readTypes(given: Environment, values: Record<string, unknown>): string[] {
	const mistakes: string[] = [];
	for (const [name, schema] of Object.entries<TSchema>(options)) {
		const value = given[name] ?? schema.default; // Value.Default takes 2 ms
		if (value === undefined) continue;
		const isNumber = schema.type === "integer" && typeof value === "string" && /^\d{1,15}$/.test(value);
		values[name] = isNumber ? Number(value) : value;
		if (!Value.Check(schema, values[name])) mistakes.push(wrong(name as Name));
	}
	return mistakes;
}

const checkHost = ({ HOST }: Environment) => (HOST && urlHost(HOST) === null ? [wrong("HOST")] : []);

function readPublicAddress({ PUBLIC_URL }: Environment, values: Record<string, unknown>): string[] {
	if (!PUBLIC_URL) return [];
	const read = readPublicUrl(PUBLIC_URL);
	if ("mistake" in read) return [`PUBLIC_URL: ${read.mistake}`];
	values.PUBLIC_URL = read.origin;
	return [];
}

const checkKey = ({ SECRET_KEY }: Environment) =>
	SECRET_KEY && Buffer.byteLength(SECRET_KEY) < 32 ? ["SECRET_KEY must be at least 32 bytes."] : [];

/** Checks each item of a list. Origins have sentences of their own. */
const lists = {
	TRUSTED_PROXIES: isRange,
	ALLOWED_HOSTS: (host: string) => /^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(host),
} satisfies Partial<Record<Name, (item: string) => boolean>>;

const checkLists = (given: Environment) =>
	Object.entries(lists)
		.filter(([name, isRight]) => !list(given[name]).every(isRight))
		.map(([name]) => wrong(name as Name));

function readCorsOrigins({ CORS_ORIGINS }: Environment, values: Record<string, unknown>): string[] {
	const origins = list(CORS_ORIGINS).map(readCorsOrigin);
	if (origins.length > 0) values.CORS_ORIGINS = origins.map((read) => ("origin" in read ? read.origin : "")).join(",");
	return origins.flatMap((read, index) =>
		"mistake" in read ? [`CORS_ORIGINS, entry ${index + 1}: ${read.mistake}`] : [],
	);
}

function checkSchedule({ BACKUP_SCHEDULE }: Environment): string[] {
	if (!BACKUP_SCHEDULE) return [];
	try {
		if (Bun.cron.parse(BACKUP_SCHEDULE) !== null) return []; // null for a time that never comes
	} catch {}
	return [wrong("BACKUP_SCHEDULE")];
}

function checkAdmin({ ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_PASSWORD }: Environment): string[] {
	const set = [ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_PASSWORD].filter(Boolean).length;
	return set === 0 || set === 3
		? []
		: ["ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD make the first administrator only together."];
}

/** The items of a list, with commas or white space between them. */
export const list = (value = "") => value.split(/[\s,]+/).filter(Boolean);
