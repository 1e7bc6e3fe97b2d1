/** From what is well to what loses data or keeps people out. */
export const severities = ["ok", "notice", "warning", "error"] as const;
export type Severity = (typeof severities)[number];

export type Finding = {
	/** What was looked at, as one word; several findings may be of one check. */
	check: string;
	severity: Severity;
	message: string;
	/** What to do about it; null where nothing has to be done. */
	remedy: string | null;
	/** Whether `minifeed doctor --fix` does it. */
	fixable: boolean;
};

/** What a check may say of itself, and how a thing that can be mended by us is mended. */
export type CheckResult = Omit<Finding, "check" | "fixable"> & { fix?: () => Promise<void> | void };

export const ok = (message: string): CheckResult => ({ severity: "ok", message, remedy: null });
export const notice = (message: string, remedy: string | null = null): CheckResult => ({
	severity: "notice",
	message,
	remedy,
});
export const warning = (message: string, remedy: string, fix?: CheckResult["fix"]): CheckResult => ({
	severity: "warning",
	message,
	remedy,
	...(fix && { fix }),
});
export const error = (message: string, remedy: string): CheckResult => ({ severity: "error", message, remedy });

/** Adds the deprecated name `mend` to the JSON of a finding, for one release. */
export const withMend = <T extends { remedy: string | null }>(finding: T) => ({ ...finding, mend: finding.remedy });

/** The worst of several; "ok" for none. */
export const worstSeverity = (findings: { severity: Severity }[]): Severity =>
	findings.reduce<Severity>(
		(found, { severity }) => (severities.indexOf(severity) > severities.indexOf(found) ? severity : found),
		"ok",
	);
