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
	/** Options that the operator set, as text. */
	given: Environment;
	/** Variables with suspicious quotes or white space at their ends, each with the reason. */
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
	// Other options only get a warning: a key or a folder may really have such a name, and lists ignore blanks.
	for (const [name, why] of Object.entries(odd))
		if ((exact as string[]).includes(name) || mistakes.some((mistake) => mistake.split(/[ ,:]/, 1)[0] === name))
			mistakes.push(`${name} ${why} Remove it.`);
	if (mistakes.length > 0) throw new OperatorError(`The configuration has mistakes:\n  ${mistakes.join("\n  ")}`);
	return { values: values as Values, given, odd };
}

/** Here a quote or a blank at an end is an error: links would break, and the administrator could not sign in. */
const exact: Name[] = ["PUBLIC_URL", "ADMIN_USERNAME", "ADMIN_EMAIL", "ADMIN_PASSWORD"];

/** Names of the variables that came from `.env`. */
export const namesFromFile = (env: Environment) => env[fromEnvFile]?.split(" ") ?? [];

function oddOptions(env: Environment): Record<string, string> {
	const odd: Record<string, string> = {};
	const inFile = namesFromFile(env); // quotes in `.env` keep such ends on purpose
	for (const name of names) {
		const why = inFile.includes(name) ? null : oddEnds(env[name] ?? "");
		if (why) odd[name] = why;
	}
	return odd;
}

// The functions below return mistakes. The `read…` functions also store the values that they read.

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
		if (given[name]) mistakes.push(`${name} and ${name}_FILE are both set. Remove one of them.`);
		try {
			given[name] = readFileSync(file, "utf8").trim();
		} catch {
			mistakes.push(`${name}_FILE cannot be read. Check the path and the permissions of the file.`);
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

/** Checks for the items of lists. `readCorsOrigins` checks origins, with messages of its own. */
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
		if (Bun.cron.parse(BACKUP_SCHEDULE) !== null) return []; // null: the schedule never runs
	} catch {}
	return [wrong("BACKUP_SCHEDULE")];
}

function checkAdmin({ ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_PASSWORD }: Environment): string[] {
	const set = [ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_PASSWORD].filter(Boolean).length;
	return set === 0 || set === 3
		? []
		: ["ADMIN_USERNAME, ADMIN_EMAIL and ADMIN_PASSWORD must be set together. Set all three or none."];
}

/** Splits a list at commas and white space. */
export const list = (value = "") => value.split(/[\s,]+/).filter(Boolean);
