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

/** Imports a folder as a whole instance, or with `as` a takeout ZIP into an account. */
export const importFrom = (terminal: Terminal, source: string, { as, ...options }: Options) =>
	as === undefined ? importAll(terminal, source, options) : importTakeoutFile(terminal, source, as, options);

/** Imports an exported instance. With `dryRun` it only verifies the export. */
async function importAll(terminal: Terminal, directory: string, { dryRun = false, json }: Options) {
	if (statSync(directory, { throwIfNoEntry: false })?.isFile())
		throw new OperatorError(`${directory} is a file. To import a takeout ZIP, add --as NAME.`);
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
	print(terminal, `The export is complete. minifeed ${manifest.version} wrote it at ${manifest.created_at}.`);
	print(terminal, `The export has ${contentsText(manifest)}.`);
	if (previous)
		print(
			terminal,
			`The replaced data is in ${previous}. To delete it later, run minifeed restore --discard-previous.`,
		);
	if (!dryRun) return print(terminal, "Imported. Start the server. All users sign in again with their passwords.");
	print(terminal, isInUse ? "Nothing was changed. Stop the running server before the import." : "Nothing was changed.");
}

/** Adds a takeout to an account, beside a running server. */
async function importTakeoutFile(terminal: Terminal, file: string, login: string, { dryRun = false, json }: Options) {
	const config = loadConfig(terminal.env);
	if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new OperatorError(`There is no file ${file}.`);
	const bar = progressBar(terminal, (done, total) => `${done} of ${total} posts, follows, comments and likes`);
	const now = () => new Date();
	const stores = openShared(config, { create: false });
	let releaseBackupLock = () => {};
	try {
		releaseBackupLock = engine.lockForBackup(realPath(config.databasePath)); // keeps the server from deleting pictures that the import is about to use
		const { images, users } = stores;
		// The server deletes later the files that this process fails to delete.
		const failed = (error: unknown) => printError(terminal, String(error));
		const media = mediaService({
			images,
			files: await openFileStore(stores, config),
			limits: config.media,
			now,
			failed,
		});
		const account = await users.accountByLogin(login.trim());
		if (!account) throw new OperatorError(`No account has the username or e-mail address ${login}.`);
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
		print(
			terminal,
			`${dryRun ? "The import would add to" : "Added to"} ${account.username}: ${countText(result, "added")}.`,
		);
		const { there, left } = { there: countText(result, "there"), left: countText(result, "left") };
		if (there) print(terminal, `Already there: ${there}.`);
		if (left) print(terminal, `Left out, because their users or posts are not on this instance: ${left}.`);
		if (result.pictures_missing > 0)
			print(terminal, `Pictures that are missing from the ZIP or cannot be read: ${result.pictures_missing}.`);
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
