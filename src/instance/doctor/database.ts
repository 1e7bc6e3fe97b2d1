import type { Config } from "../../config/config";
import { behindAdvice, toleranceMs } from "../../core/clock";
import { builtAt } from "../../core/version";
import type { Examined } from "../../db/engine";
import { engine } from "../../db/open";
import { size } from "../../disk/free-space";
import { recoveryHint } from "../backup/retention";
import { maintenance } from "../maintenance";
import { type CheckResult, error, notice, ok, warning } from "./finding";

/** Bytes of a log that is emptied at 16 MB, and grows to 64 MB where writers are faster than the disk. */
const largeWalBytes = 128 * 1024 ** 2;

type Settings = Pick<Config, "databasePath" | "dataDir" | "durability" | "backup">;

export function integrity({ databasePath, backup }: Settings, { damage, accounts, isServed }: Examined): CheckResult[] {
	if (damage !== null)
		return [error(`The database ${databasePath} is damaged: ${damage}.`, recoveryHint(backup.directory))];
	const server = isServed ? "a server has it open" : "no server runs";
	return [ok(`The database is sound, with ${accounts} accounts; ${server}.`)];
}

export function counts({ databasePath }: Settings, { miscounted }: Examined): CheckResult[] {
	return miscounted.map(({ what, rows }) =>
		warning(`The ${what} are counted wrongly in ${rows} rows.`, "Count anew: minifeed doctor --fix.", () =>
			engine.recount(databasePath),
		),
	);
}

export const search = ({ backup }: Settings, { unindexed }: Examined): CheckResult[] =>
	unindexed === 0
		? []
		: [error(`The search index and the posts differ by ${unindexed}.`, recoveryHint(backup.directory))];

export const schema = (_: Settings, { migrations: { last, pending } }: Examined): CheckResult[] => [
	pending === 0
		? ok(`The database is at ${last}, as this version needs it.`)
		: notice(`The database is at ${last}, ${pending} migrations behind.`, "The next start of the server applies them."),
];

export function wal({ databasePath }: Settings, { isServed }: Examined): CheckResult[] {
	const bytes = engine.walBytes(databasePath);
	if (bytes > largeWalBytes)
		return [
			warning(
				`The log beside the database has ${size(bytes)}.`,
				"Something reads the database for very long: end it. A restart of the server empties the log.",
			),
		];
	if (engine.hasWal(databasePath) && !isServed)
		return [
			notice("The last server did not stop by itself.", "Nothing: the next start brings its log into the database."),
		];
	return [ok(`The log beside the database has ${size(bytes)}.`)];
}

export function clock(_: Settings, { newest, newestOfAll }: Examined): CheckResult[] {
	const now = new Date();
	const isBefore = (time: Date) => now.getTime() < time.getTime() - toleranceMs;
	const behind = (what: string) => [error(`It is ${now.toISOString()} here, but ${what}.`, behindAdvice)];
	if (isBefore(builtAt)) return behind(`this version was built at ${builtAt.toISOString()}`);
	if (newest !== null && isBefore(newest)) return behind(`something was written at ${newest.toISOString()}`);
	if (newestOfAll !== null && isBefore(newestOfAll))
		return [
			notice(
				`Rows up to ${newestOfAll.toISOString()} were written by a clock that was ahead.`,
				"Nothing: they say nothing about the clock.",
			),
		];
	return [ok(`It is ${now.toISOString()}.`)];
}

export const durability = (config: Settings): CheckResult[] =>
	config.durability === "full"
		? []
		: [notice("DURABILITY=normal: a power cut may take the last seconds.", "Set DURABILITY=full where that matters.")];

export function readOnly({ dataDir }: Settings): CheckResult[] {
	const message = maintenance(dataDir).message();
	return message === null ? [] : [notice("In maintenance: nobody can write.", "End it: minifeed maintenance off.")];
}
