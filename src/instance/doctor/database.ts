import type { Config } from "../../config/config";
import { behindAdvice, toleranceMs } from "../../core/clock";
import { builtAt } from "../../core/version";
import type { Examined } from "../../db/engine";
import { engine } from "../../db/open";
import { size } from "../../disk/free-space";
import { recoveryHint } from "../backup/retention";
import { maintenance } from "../maintenance";
import { type CheckResult, error, notice, ok, warning } from "./finding";

/** The WAL is checkpointed at 16 MB. It may grow to 64 MB when writers are faster than the disk. */
const largeWalBytes = 128 * 1024 ** 2;

type Settings = Pick<Config, "databasePath" | "dataDir" | "durability" | "backup">;

export function integrity({ databasePath, backup }: Settings, { damage, accounts, isServed }: Examined): CheckResult[] {
	if (damage !== null)
		return [error(`The database ${databasePath} is damaged: ${damage}.`, recoveryHint(backup.directory))];
	const server = isServed ? "A server has it open" : "No server runs";
	return [ok(`The integrity check found no damage in the database, which has ${accounts} accounts. ${server}.`)];
}

export function counts({ databasePath }: Settings, { miscounted }: Examined): CheckResult[] {
	return miscounted.map(({ what, rows }) =>
		warning(`The ${what} are wrong in ${rows} rows.`, "To count again, run minifeed doctor --fix.", () =>
			engine.recount(databasePath),
		),
	);
}

export const search = ({ backup }: Settings, { unindexed }: Examined): CheckResult[] =>
	unindexed === 0
		? []
		: [error(`The search index and the posts differ in ${unindexed} posts.`, recoveryHint(backup.directory))];

export const schema = (_: Settings, { migrations: { last, pending } }: Examined): CheckResult[] => [
	pending === 0
		? ok(`The database has all migrations, up to ${last}.`)
		: notice(
				`The database is at ${last}; ${pending} migrations are pending.`,
				"The next start of the server applies them.",
			),
];

export function wal({ databasePath }: Settings, { isServed }: Examined): CheckResult[] {
	const bytes = engine.walBytes(databasePath);
	if (bytes > largeWalBytes)
		return [
			warning(
				`The WAL has ${size(bytes)}.`,
				"Another process reads the database for very long. End it, or restart the server to empty the WAL.",
			),
		];
	if (engine.hasWal(databasePath) && !isServed)
		return [
			notice("The last server was killed or crashed.", "You need not do anything: the next start recovers the WAL."),
		];
	return [ok(`The WAL has ${size(bytes)}.`)];
}

export function clock(_: Settings, { newest, newestOfAll }: Examined): CheckResult[] {
	const now = new Date();
	const isBefore = (time: Date) => now.getTime() < time.getTime() - toleranceMs;
	const behind = (what: string) => [error(`The clock says ${now.toISOString()}, but ${what}.`, behindAdvice)];
	if (isBefore(builtAt)) return behind(`this version was built at ${builtAt.toISOString()}`);
	if (newest !== null && isBefore(newest)) return behind(`the newest row is of ${newest.toISOString()}`);
	if (newestOfAll !== null && isBefore(newestOfAll))
		return [
			notice(
				`Rows up to ${newestOfAll.toISOString()} have times of a clock that was ahead.`,
				"You need not do anything: the server ignores these times.",
			),
		];
	return [ok(`The clock says ${now.toISOString()}, which agrees with the database.`)];
}

export const durability = (config: Settings): CheckResult[] =>
	config.durability === "full"
		? []
		: [notice("With DURABILITY=normal, a power cut may lose the last seconds.", "To avoid that, set DURABILITY=full.")];

export function readOnly({ dataDir }: Settings): CheckResult[] {
	const message = maintenance(dataDir).message();
	return message === null
		? []
		: [notice("The server is read-only for maintenance.", "To end it, run minifeed maintenance off.")];
}
