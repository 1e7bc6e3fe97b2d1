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
	/** Finds orphaned files and pictures without files. Its `fix` deletes the orphaned files. */
	pictures: (examined: Examined) => Promise<CheckResult[]>;
	/** True when only the environment of the server has SECRET_KEY. */
	hasOtherKey?: boolean;
	/** Called with the name of each check before it runs. */
	onCheck?: (check: string) => void;
};
/** A finding with its automatic fix. */
export type CheckedFinding = Finding & { fix?: CheckResult["fix"] };

/** Runs all checks of an instance, also beside its server, and changes nothing. A check that fails is itself a finding. */
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
		await check("database", () => [
			notice("The database is in memory and ends with the server.", "To keep your data, unset DATABASE_PATH."),
		]);
	else if (!existsSync(config.dataDir))
		await check("database", () => [
			notice(
				`The data directory ${config.dataDir} does not exist yet.`,
				"Start the server once, or set DATA_DIR to the folder with your data.",
			),
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
		hasOtherKey
			? [ok("Only the server has SECRET_KEY, so the doctor cannot check it.")]
			: setup.secret(config, examined),
	);
	await check("hashing", () => setup.hashing(config));
	await check("exposure", () => setup.exposure(config, examined));
	return findings;
}

function failedCheck({ backup }: Config, check: string, reason: unknown): CheckResult {
	if (reason instanceof CorruptionError) return error(reason.message, recoveryHint(backup.directory));
	if (reason instanceof OperatorError) return error(reason.message, "Follow the advice in the message.");
	const { code, message } = reason as { code?: string; message?: string };
	return error(`The check ${check} failed (${code ?? message}).`, "Check the disk, and the owner of the files.");
}
