import { existsSync } from "node:fs";
import type { Config } from "../../config/config";
import { DamageError, OperatorError } from "../../core/errors";
import { type Examined, isInMemory } from "../../db/engine";
import { engine } from "../../db/open";
import { requireFolderOf } from "../../media/disk";
import { wayBack } from "../backup/retention";
import * as database from "./database";
import * as disk from "./disk";
import { error, type Finding, type Found, notice, ok } from "./finding";
import * as setup from "./setup";

type Options = {
	/** Files of pictures that belong to nothing, and pictures without files; `fix` deletes the files. */
	pictures: (examined: Examined) => Promise<Found[]>;
	/** True when the server signs with a SECRET_KEY that only its own environment has. */
	hasOtherKey?: boolean;
	/** Told what is looked at next. */
	watch?: (check: string) => void;
};
/** A finding, and what mends it. */
export type Diagnosed = Finding & { fix?: Found["fix"] };

/**
 * Looks at everything that can be wrong with an instance, beside its server or without one. It changes nothing; what is found
 * says how it is mended. What cannot be looked at is a finding as well.
 */
export async function diagnose(
	config: Config,
	{ pictures, hasOtherKey = false, watch = () => {} }: Options,
): Promise<Diagnosed[]> {
	const findings: Diagnosed[] = [];
	const look = async (check: string, work: () => Found[] | Promise<Found[]>) => {
		watch(check);
		const found = await Promise.resolve()
			.then(work)
			.catch((reason): Found[] => [unlooked(config, check, reason)]);
		for (const one of found) findings.push({ check, ...one, fixable: one.fix !== undefined });
	};

	await look("version", setup.program);
	let examined: Examined | null = null;
	if (isInMemory(config.databasePath))
		await look("database", () => [notice("Everything is in memory: nothing stays.", "Unset DATABASE_PATH.")]);
	else if (!existsSync(config.dataDir))
		await look("database", () => [
			notice(`There is no ${config.dataDir} yet.`, "Start the server once, or set DATA_DIR to where the data is."),
		]);
	else {
		await look("modes", () => disk.modes(config));
		await look("integrity", () => {
			examined = engine.examine(config.databasePath);
			if (examined) return database.integrity(config, examined);
			requireFolderOf(config.uploadDir, () => null);
			return [notice("There is no database yet.")];
		});
		const known = examined as Examined | null;
		if (known && known.damage === null) {
			await look("schema", () => database.schema(config, known));
			await look("log", () => database.log(config, known));
			await look("counts", () => database.counts(config, known));
			await look("search", () => database.search(config, known));
			await look("clock", () => database.clock(config, known));
			if (known.migrations.pending === 0) await look("pictures", () => pictures(known));
		}
		await look("disk", () => disk.fileSystem(config));
		await look("space", () => disk.space(config));
		await look("sync", () => disk.latency(config));
		await look("durability", () => database.durability(config));
		await look("maintenance", () => database.readOnly(config));
		await look("backups", () => setup.backups(config, known));
		await look("leftovers", () => disk.leftovers(config));
	}
	await look("secret", () =>
		hasOtherKey ? [ok("The server has a SECRET_KEY, which only it can look at.")] : setup.secret(config, examined),
	);
	await look("hashing", () => setup.hashing(config));
	await look("exposure", () => setup.exposure(config, examined));
	return findings;
}

function unlooked({ backup }: Config, check: string, reason: unknown): Found {
	if (reason instanceof DamageError) return error(reason.message, wayBack(backup.directory));
	if (reason instanceof OperatorError) return error(reason.message, "See what the message says.");
	const { code, message } = reason as { code?: string; message?: string };
	return error(`The ${check} cannot be looked at (${code ?? message}).`, "Check the disk, and who owns the files.");
}
