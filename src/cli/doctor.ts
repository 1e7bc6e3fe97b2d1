import { type Config, loadConfig } from "../config/config";
import { print, printJson, type Terminal } from "../core/terminal";
import type { Examined } from "../db/engine";
import { engine } from "../db/open";
import { realPath } from "../disk/free-space";
import { type CheckedFinding, diagnose } from "../instance/doctor/doctor";
import {
	type CheckResult,
	type Finding,
	ok,
	type Severity,
	warning,
	withMend,
	worstSeverity,
} from "../instance/doctor/finding";
import { openFileStore, openShared } from "../instance/open";
import { describeMissing, sweep } from "../media/sweep";
import { runningServer, withServerOptions } from "../server/running";

/** How `doctor` leaves, by the worst that it found; 1 and 2 are what every command leaves with. */
export const exitCodes: Record<Severity, number> = { ok: 0, notice: 0, warning: 3, error: 4 };

const labels: Record<Severity, string> = { ok: "ok      ", notice: "notice  ", warning: "WARNING ", error: "ERROR   " };

type Options = { json?: true; fix?: true; ofServer?: true };

/**
 * Looks at the instance and says what is wrong with it and how that is mended; where a server runs, with the options of that.
 * Gives the exit code.
 */
export async function doctor(terminal: Terminal, { json, fix, ofServer }: Options): Promise<number> {
	const { config, hasOtherKey, serverFindings } = ofServer
		? withoutServer(terminal.env)
		: withRunningServer(terminal.env);
	const runChecks = async () => [
		...serverFindings,
		...(await diagnose(config, {
			pictures: (examined) => pictures(config, examined),
			onCheck: showCheck(terminal),
			hasOtherKey,
		})),
	];
	let found = await runChecks();
	const fixed: string[] = [];
	if (fix && found.some(({ fixable }) => fixable)) {
		for (const { fix, message } of found)
			if (fix) {
				await fix();
				fixed.push(message);
			}
		found = await runChecks();
	}
	const findings = found.map(({ fix: _, ...finding }): Finding => finding);
	const status = worstSeverity(findings);
	if (json)
		printJson(terminal, { status, checked_at: new Date().toISOString(), fixed, findings: findings.map(withMend) });
	else {
		for (const message of fixed) print(terminal, `mended   ${message}`);
		for (const { severity, message, remedy } of findings) {
			print(terminal, `${labels[severity]} ${message}`);
			if (remedy) print(terminal, `          → ${remedy}`);
		}
		print(terminal, `\n${summary(findings)}`);
	}
	return exitCodes[status];
}

type Target = {
	config: Config;
	/** True when the server signs with a SECRET_KEY that is not known here. */
	hasOtherKey: boolean;
	/** The options and findings of the server, and their source. */
	serverFindings: CheckedFinding[];
};

const withoutServer = (env: Terminal["env"]): Target => ({
	config: loadConfig(env),
	hasOtherKey: false,
	serverFindings: [],
});

function withRunningServer(ownEnv: Terminal["env"]): Target {
	const { dataDir, databasePath } = loadConfig(ownEnv);
	const settings = (message: string, remedy: string | null): CheckedFinding[] => [
		{ check: "settings", severity: "notice", message, remedy, fixable: false },
	];
	const server = runningServer(dataDir);
	if (server === null) return withoutServer(ownEnv);
	if ("owner" in server) {
		const message = "The options of this shell were looked at, and not those of the server, which another user runs.";
		return {
			...withoutServer(ownEnv),
			serverFindings: settings(message, `Run this as the user of the server: sudo -u '#${server.owner}' …`),
		};
	}
	const serverPath = String(server.options.DATABASE_PATH);
	const isOtherDatabase = ownEnv.DATABASE_PATH && realPath(serverPath) !== realPath(databasePath);
	if (isOtherDatabase || !engine.isInUse(realPath(serverPath))) return withoutServer(ownEnv);
	const { env, different, hasOtherKey } = withServerOptions(ownEnv, server);
	const message = `The server has other options than this shell, and its own were looked at: ${different.join(", ")}.`;
	const serverFindings = [
		...(different.length > 0 ? settings(message, null) : []),
		...server.findings.map((finding) => ({ ...finding, fixable: false })),
	];
	return { config: loadConfig(env), hasOtherKey, serverFindings };
}

/** What is looked at, on a terminal, and gone when it is done. */
const showCheck =
	({ stderr }: Terminal) =>
	(check: string) => {
		if (stderr.isTTY) stderr.write(`\r\x1b[Klooking at ${check} …\r`);
	};

function summary(findings: Finding[]): string {
	const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
	const [errors, warnings, notices] = [count("error"), count("warning"), count("notice")];
	const fixable = findings.filter(({ fixable }) => fixable).length;
	const serverFindings = errors + warnings === 0 ? "All is well" : `Errors: ${errors}, warnings: ${warnings}`;
	return `${serverFindings}, notices: ${notices}.${fixable ? ` minifeed doctor --fix mends ${fixable} of them.` : ""}`;
}

async function pictures(config: Config, { isBackupRunning }: Examined): Promise<CheckResult[]> {
	const stores = openShared(config, { create: false });
	try {
		const files = await openFileStore(stores, config);
		const { files: orphans, images, missing } = await sweep({ images: stores.images, files }, { dryRun: true });
		const found: CheckResult[] = [];
		if (orphans > 0)
			found.push(
				warning(
					`${orphans} files of pictures belong to nothing.`,
					"The server deletes them once a day; at once: minifeed doctor --fix.",
					isBackupRunning ? undefined : () => sweepOrphans(config),
				),
			);
		if (images > 0)
			found.push(
				warning(`${images} pictures have no files.`, "Put the files back; minifeed media sweep gives them up."),
			);
		if (missing > 0)
			found.push({
				severity: "error",
				message: describeMissing(missing, config.uploadDir),
				remedy: "Put the files back.",
			});
		return found.length > 0
			? found
			: [ok("Pictures and their files agree, but for those of the last hour, which may be on their way.")];
	} finally {
		await stores.close();
	}
}

/** Deletes files only: rows whose files are gone may get them back. */
async function sweepOrphans(config: Config) {
	const stores = openShared(config, { create: false });
	try {
		const files = await openFileStore(stores, config);
		const images = { ...stores.images, after: async () => [] };
		await sweep({ images, files });
	} finally {
		await stores.close();
	}
}
