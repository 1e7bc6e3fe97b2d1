import { statSync } from "node:fs";
import { createAuditLog } from "../accounts/audit/service";
import { stateOf } from "../accounts/users/store";
import { loadConfig } from "../config/config";
import { OperatorError } from "../core/errors";
import { print, printError, printJson, progressBar, type Terminal } from "../core/terminal";
import { engine } from "../db/open";
import { realPath, size } from "../disk/free-space";
import { openFileStore, openShared } from "../instance/open";
import { importInstance, type OnProgress } from "../instance/transfer/import";
import { importTakeout, type TakeoutResult } from "../instance/transfer/import-person";
import { mediaService } from "../media/service";
import { contentsText, summary } from "./export";

type Options = { dryRun?: boolean; as?: string; json?: boolean };

/** A folder is a whole instance, and a ZIP what one person took along. */
export const importFrom = (terminal: Terminal, source: string, { as, ...options }: Options) =>
	as === undefined ? importAll(terminal, source, options) : importTakeoutFile(terminal, source, as, options);

/** Makes an instance of an exported one; or says whether that would do. */
async function importAll(terminal: Terminal, directory: string, { dryRun = false, json }: Options) {
	if (statSync(directory, { throwIfNoEntry: false })?.isFile())
		throw new OperatorError(`${directory} is a file: say with --as NAME whose it is to be, if somebody took it along.`);
	let phase: Parameters<OnProgress>[0] = "reading";
	const bar = progressBar(terminal, (done, total) =>
		phase === "reading" ? `reading, ${size(done)} of ${size(total)}` : `${done} of ${total} pictures`,
	);
	const onProgress: OnProgress = (now, done, total) => {
		if (now !== phase) bar.end();
		phase = now;
		bar.show(done, total);
	};
	const config = loadConfig(terminal.env);
	const { manifest, previous, isInUse } = await importInstance(config, directory, {
		dryRun,
		onProgress,
	}).finally(bar.end);
	if (json) return printJson(terminal, { dry_run: dryRun, ...summary(manifest), previous, server_runs: isInUse });
	print(terminal, `The export is whole. It was made at ${manifest.created_at} by minifeed ${manifest.version}.`);
	print(terminal, `It has ${contentsText(manifest)}.`);
	if (previous)
		print(terminal, `What was there is in ${previous}. Once all is well: minifeed restore --discard-previous`);
	if (!dryRun)
		return print(terminal, "Imported. Start the server; everybody signs in anew, with the password they had.");
	print(
		terminal,
		isInUse ? "A server runs, and has to be stopped first. Nothing was changed." : "Nothing was changed.",
	);
}

/** Adds to an account what its owner took along from elsewhere, beside the server. */
async function importTakeoutFile(terminal: Terminal, file: string, login: string, { dryRun = false, json }: Options) {
	const config = loadConfig(terminal.env);
	if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new OperatorError(`There is no file ${file}.`);
	const bar = progressBar(terminal, (done, total) => `${done} of ${total} posts, follows, comments and likes`);
	const now = () => new Date();
	const stores = openShared(config, { create: false });
	let releaseBackupLock = () => {};
	try {
		releaseBackupLock = engine.lockForBackup(realPath(config.databasePath)); // the server deletes no picture that is about to be shown
		const { images, users } = stores;
		// The server deletes later what cannot be deleted now.
		const failed = (error: unknown) => printError(terminal, String(error));
		const media = mediaService({
			images,
			files: await openFileStore(stores, config),
			limits: config.media,
			now,
			failed,
		});
		const account = await users.accountByLogin(login.trim());
		if (!account) throw new OperatorError(`Nobody has the name or the address ${login}.`);
		if (stateOf(account) !== "active")
			throw new OperatorError(`${account.username} is ${stateOf(account)}. Make the account active first.`);
		const auditLog = createAuditLog({ audit: stores.audit, now });
		const quota = config.media.userQuotaBytes;
		const options = { stores, media, quota, auditLog, now, dryRun, watch: bar.show };
		const result = await importTakeout(account, Bun.file(file), options).finally(() => {
			bar.end();
			return media.end();
		});
		if (json) return printJson(terminal, { dry_run: dryRun, username: account.username, ...result });
		print(terminal, `${dryRun ? "It would add to" : "Added to"} ${account.username}: ${countText(result, "added")}.`);
		const { there, left } = { there: countText(result, "there"), left: countText(result, "left") };
		if (there) print(terminal, `There already: ${there}.`);
		if (left) print(terminal, `Left out, since whom or what they are about is not here: ${left}.`);
		if (result.pictures_missing > 0)
			print(terminal, `Pictures that are not in it or cannot be read: ${result.pictures_missing}.`);
		if (dryRun) print(terminal, "Nothing was changed.");
	} finally {
		releaseBackupLock();
		await stores.close();
	}
}

function countText({ posts, following, comments, likes }: TakeoutResult, what: "added" | "there" | "left"): string {
	const kinds = { posts, follows: following, comments, likes };
	const shown = Object.entries(kinds).filter(([, tally]) => what === "added" || tally[what] > 0);
	return shown.map(([name, tally]) => `${tally[what]} ${name}`).join(", ");
}
