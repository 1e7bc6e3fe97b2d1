import { type Config, loadConfig } from "../config/config";
import { print, printJson, type Terminal } from "../core/terminal";
import type { Examined } from "../db/engine";
import { engine } from "../db/open";
import { realPath } from "../disk/free-space";
import { type Diagnosed, diagnose } from "../instance/doctor/doctor";
import { type Finding, type Found, ok, type Severity, warning, worst } from "../instance/doctor/finding";
import { openBeside, openFilesOf } from "../instance/open";
import { sweep, tooMany } from "../media/sweep";
import { asServer, runningServer } from "../server/running";

/** How `doctor` leaves, by the worst that it found; 1 and 2 are what every command leaves with. */
export const exitOf: Record<Severity, number> = { ok: 0, notice: 0, warning: 3, error: 4 };

const marks: Record<Severity, string> = { ok: "ok      ", notice: "notice  ", warning: "WARNING ", error: "ERROR   " };

type Options = { json?: true; fix?: true; ofServer?: true };

/**
 * Looks at the instance and says what is wrong with it and how that is mended; where a server runs, with the options of that.
 * Gives the exit code.
 */
export async function doctor(terminal: Terminal, { json, fix, ofServer }: Options): Promise<number> {
	const { config, hasOtherKey, told } = ofServer ? alone(terminal.env) : besideServer(terminal.env);
	const look = async () => [
		...told,
		...(await diagnose(config, {
			pictures: (examined) => pictures(config, examined),
			watch: watching(terminal),
			hasOtherKey,
		})),
	];
	let found = await look();
	const fixed: string[] = [];
	if (fix && found.some(({ fixable }) => fixable)) {
		for (const { fix, message } of found)
			if (fix) {
				await fix();
				fixed.push(message);
			}
		found = await look();
	}
	const findings = found.map(({ fix: _, ...finding }): Finding => finding);
	const status = worst(findings);
	if (json) printJson(terminal, { status, checked_at: new Date().toISOString(), fixed, findings });
	else {
		for (const message of fixed) print(terminal, `mended   ${message}`);
		for (const { severity, message, mend } of findings) {
			print(terminal, `${marks[severity]} ${message}`);
			if (mend) print(terminal, `          → ${mend}`);
		}
		print(terminal, `\n${summed(findings)}`);
	}
	return exitOf[status];
}

type Asked = {
	config: Config;
	/** True when the server signs with a SECRET_KEY that is not known here. */
	hasOtherKey: boolean;
	/** The options and findings of the server, and their source. */
	told: Diagnosed[];
};

const alone = (env: Terminal["env"]): Asked => ({ config: loadConfig(env), hasOtherKey: false, told: [] });

function besideServer(own: Terminal["env"]): Asked {
	const { dataDir, databasePath } = loadConfig(own);
	const settings = (message: string, mend: string | null): Diagnosed[] => [
		{ check: "settings", severity: "notice", message, mend, fixable: false },
	];
	const server = runningServer(dataDir);
	if (server === null) return alone(own);
	if ("owner" in server) {
		const message = "The options of this shell were looked at, and not those of the server, which another user runs.";
		return {
			...alone(own),
			told: settings(message, `Run this as the user of the server: sudo -u '#${server.owner}' …`),
		};
	}
	const theirs = String(server.options.DATABASE_PATH);
	const isAnother = own.DATABASE_PATH && realPath(theirs) !== realPath(databasePath);
	if (isAnother || !engine.isInUse(realPath(theirs))) return alone(own);
	const { env, different, hasOtherKey } = asServer(own, server);
	const message = `The server has other options than this shell, and its own were looked at: ${different.join(", ")}.`;
	const told = [
		...(different.length > 0 ? settings(message, null) : []),
		...server.findings.map((finding) => ({ ...finding, fixable: false })),
	];
	return { config: loadConfig(env), hasOtherKey, told };
}

/** What is looked at, on a terminal, and gone when it is done. */
const watching =
	({ stderr }: Terminal) =>
	(check: string) => {
		if (stderr.isTTY) stderr.write(`\r\x1b[Klooking at ${check} …\r`);
	};

function summed(findings: Finding[]): string {
	const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
	const [errors, warnings, notices] = [count("error"), count("warning"), count("notice")];
	const fixable = findings.filter(({ fixable }) => fixable).length;
	const told = errors + warnings === 0 ? "All is well" : `Errors: ${errors}, warnings: ${warnings}`;
	return `${told}, notices: ${notices}.${fixable ? ` minifeed doctor --fix mends ${fixable} of them.` : ""}`;
}

async function pictures(config: Config, { isBackupRunning }: Examined): Promise<Found[]> {
	const stores = openBeside(config, { create: false });
	try {
		const files = await openFilesOf(stores, config);
		const { files: orphans, images, missing } = await sweep({ images: stores.images, files }, { dryRun: true });
		const found: Found[] = [];
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
			found.push({ severity: "error", message: tooMany(missing, config.uploadDir), mend: "Put the files back." });
		return found.length > 0
			? found
			: [ok("Pictures and their files agree, but for those of the last hour, which may be on their way.")];
	} finally {
		await stores.close();
	}
}

/** Deletes files only: rows whose files are gone may get them back. */
async function sweepOrphans(config: Config) {
	const stores = openBeside(config, { create: false });
	try {
		const files = await openFilesOf(stores, config);
		const images = { ...stores.images, after: async () => [] };
		await sweep({ images, files });
	} finally {
		await stores.close();
	}
}
