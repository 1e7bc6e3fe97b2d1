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

/** Exit codes by the worst finding. All commands share 1 and 2. */
export const exitCodes: Record<Severity, number> = { ok: 0, notice: 0, warning: 3, error: 4 };

const labels: Record<Severity, string> = { ok: "ok      ", notice: "notice  ", warning: "WARNING ", error: "ERROR   " };

type Options = { json?: true; fix?: true; ofServer?: true };

/** Prints the problems of the instance and their remedies, with the options of the running server. Returns the exit code. */
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
		for (const message of fixed) print(terminal, `fixed    ${message}`);
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
	/** True when only the environment of the server has SECRET_KEY. */
	hasOtherKey: boolean;
	/** Findings of the running server, and one about the source of the options. */
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
		const message =
			"The doctor checked the options of this shell. It cannot read those of the server, which another user runs.";
		return {
			...withoutServer(ownEnv),
			serverFindings: settings(message, `Run the doctor as the user of the server: sudo -u '#${server.owner}' …`),
		};
	}
	const serverPath = String(server.options.DATABASE_PATH);
	const isOtherDatabase = ownEnv.DATABASE_PATH && realPath(serverPath) !== realPath(databasePath);
	if (isOtherDatabase || !engine.isInUse(realPath(serverPath))) return withoutServer(ownEnv);
	const { env, different, hasOtherKey } = withServerOptions(ownEnv, server);
	const message = `The doctor checked the options of the server. Those of this shell differ: ${different.join(", ")}.`;
	const serverFindings = [
		...(different.length > 0 ? settings(message, null) : []),
		...server.findings.map((finding) => ({ ...finding, fixable: false })),
	];
	return { config: loadConfig(env), hasOtherKey, serverFindings };
}

/** Shows the current check on a terminal, in a line that the next text overwrites. */
const showCheck =
	({ stderr }: Terminal) =>
	(check: string) => {
		if (stderr.isTTY) stderr.write(`\r\x1b[Kchecking ${check} …\r`);
	};

function summary(findings: Finding[]): string {
	const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
	const [errors, warnings, notices] = [count("error"), count("warning"), count("notice")];
	const fixable = findings.filter(({ fixable }) => fixable).length;
	const serverFindings = errors + warnings === 0 ? "No problems" : `Errors: ${errors}, warnings: ${warnings}`;
	return `${serverFindings}, notices: ${notices}.${fixable ? ` minifeed doctor --fix fixes ${fixable} of them.` : ""}`;
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
					`${orphans} picture files are orphaned.`,
					"The server deletes them once a day. To delete them now, run minifeed doctor --fix.",
					isBackupRunning ? undefined : () => sweepOrphans(config),
				),
			);
		if (images > 0)
			found.push(
				warning(
					`${images} pictures have no files.`,
					"Put the files back, or remove the pictures with minifeed media sweep.",
				),
			);
		if (missing > 0)
			found.push({
				severity: "error",
				message: describeMissing(missing, config.uploadDir),
				remedy: "Put the files back.",
			});
		return found.length > 0 ? found : [ok("All pictures have their files. Files of the last hour are not checked.")];
	} finally {
		await stores.close();
	}
}

/** Deletes orphaned files only. Rows without files stay, because the operator may put the files back. */
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
