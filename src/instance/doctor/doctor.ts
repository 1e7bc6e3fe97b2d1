import { existsSync } from "node:fs";
import type { Config } from "../../config/config";
import { CorruptionError, OperatorError } from "../../core/errors";
import { type Examined, isInMemory } from "../../db/engine";
import { engine } from "../../db/open";
import { requireFolderOf } from "../../media/disk";
import { recoveryHint } from "../backup/retention";
import * as database from "./database";
import * as disk from "./disk";
import { type CheckResult, error, type Finding, notice, ok } from "./finding";
import * as setup from "./setup";

type Options = {
	/** Files of pictures that belong to nothing, and pictures without files; `fix` deletes the files. */
	pictures: (examined: Examined) => Promise<CheckResult[]>;
	/** True when the server signs with a SECRET_KEY that only its own environment has. */
	hasOtherKey?: boolean;
	/** Told what is looked at next. */
	onCheck?: (check: string) => void;
};
/** A finding, and what mends it. */
export type CheckedFinding = Finding & { fix?: CheckResult["fix"] };

/**
 * Looks at everything that can be wrong with an instance, beside its server or without one. It changes nothing; what is found
 * says how it is mended. What cannot be looked at is a finding as well.
 */
export async function diagnose(
	config: Config,
	{ pictures, hasOtherKey = false, onCheck = () => {} }: Options,
): Promise<CheckedFinding[]> {
	const findings: CheckedFinding[] = [];
	const check = async (check: string, work: () => CheckResult[] | Promise<CheckResult[]>) => {
		onCheck(check);
		const found = await Promise.resolve()
			.then(work)
			.catch((reason): CheckResult[] => [failedCheck(config, check, reason)]);
		for (const result of found) findings.push({ check, ...result, fixable: result.fix !== undefined });
	};

	await check("version", setup.program);
	let examined: Examined | null = null;
	if (isInMemory(config.databasePath))
		await check("database", () => [notice("Everything is in memory: nothing stays.", "Unset DATABASE_PATH.")]);
	else if (!existsSync(config.dataDir))
		await check("database", () => [
			notice(`There is no ${config.dataDir} yet.`, "Start the server once, or set DATA_DIR to where the data is."),
		]);
	else {
		await check("modes", () => disk.modes(config));
		await check("integrity", () => {
			examined = engine.examine(config.databasePath);
			if (examined) return database.integrity(config, examined);
			requireFolderOf(config.uploadDir, () => null);
			return [notice("There is no database yet.")];
		});
		const checked = examined as Examined | null;
		if (checked && checked.damage === null) {
			await check("schema", () => database.schema(config, checked));
			await check("log", () => database.wal(config, checked));
			await check("counts", () => database.counts(config, checked));
			await check("search", () => database.search(config, checked));
			await check("clock", () => database.clock(config, checked));
			if (checked.migrations.pending === 0) await check("pictures", () => pictures(checked));
		}
		await check("disk", () => disk.fileSystem(config));
		await check("space", () => disk.space(config));
		await check("sync", () => disk.latency(config));
		await check("durability", () => database.durability(config));
		await check("maintenance", () => database.readOnly(config));
		await check("backups", () => setup.backups(config, checked));
		await check("leftovers", () => disk.leftovers(config));
	}
	await check("secret", () =>
		hasOtherKey ? [ok("The server has a SECRET_KEY, which only it can look at.")] : setup.secret(config, examined),
	);
	await check("hashing", () => setup.hashing(config));
	await check("exposure", () => setup.exposure(config, examined));
	return findings;
}

function failedCheck({ backup }: Config, check: string, reason: unknown): CheckResult {
	if (reason instanceof CorruptionError) return error(reason.message, recoveryHint(backup.directory));
	if (reason instanceof OperatorError) return error(reason.message, "See what the message says.");
	const { code, message } = reason as { code?: string; message?: string };
	return error(`The ${check} cannot be looked at (${code ?? message}).`, "Check the disk, and who owns the files.");
}
