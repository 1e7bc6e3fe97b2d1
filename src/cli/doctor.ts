import { type Config, loadConfig } from "../config";
import type { Examined } from "../db/open";
import { diagnose } from "../doctor/doctor";
import { type Finding, type Found, ok, type Severity, warning, worst } from "../doctor/finding";
import { sweep } from "../media/sweep";
import { openBeside, openFilesOf } from "./beside";
import { tooMany } from "./media";
import { print, printJson, type Terminal } from "./terminal";

/** How `doctor` leaves, by the worst that it found; 1 and 2 are what every command leaves with. */
export const exitOf: Record<Severity, number> = { ok: 0, notice: 0, warning: 3, error: 4 };

const marks: Record<Severity, string> = { ok: "ok      ", notice: "notice  ", warning: "WARNING ", error: "ERROR   " };

type Options = { json?: true; fix?: true };

/** Looks at the instance and says what is wrong with it and how that is mended. Gives the exit code. */
export async function doctor(terminal: Terminal, { json, fix }: Options): Promise<number> {
	const config = loadConfig(terminal.env);
	const look = () =>
		diagnose(config, { pictures: (examined) => pictures(config, examined), watch: watching(terminal) });
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

async function pictures(config: Config, { isBackedUp }: Examined): Promise<Found[]> {
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
					isBackedUp ? undefined : () => sweepOrphans(config),
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
