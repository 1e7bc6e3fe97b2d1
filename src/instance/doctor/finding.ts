/** In ascending order. An error risks data or keeps users out. */
export const severities = ["ok", "notice", "warning", "error"] as const;
export type Severity = (typeof severities)[number];

export type Finding = {
	/** Name of the check, one word. A check may have several findings. */
	check: string;
	severity: Severity;
	message: string;
	/** Advice for the operator; null when there is nothing to do. */
	remedy: string | null;
	/** True when `minifeed doctor --fix` applies the remedy. */
	fixable: boolean;
};

/** The result of a check, with an automatic fix if there is a safe one. */
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

/** Returns the highest severity; "ok" without findings. */
export const worstSeverity = (findings: { severity: Severity }[]): Severity =>
	findings.reduce<Severity>(
		(found, { severity }) => (severities.indexOf(severity) > severities.indexOf(found) ? severity : found),
		"ok",
	);
