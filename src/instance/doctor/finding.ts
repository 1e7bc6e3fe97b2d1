/** From what is well to what loses data or keeps people out. */
export const severities = ["ok", "notice", "warning", "error"] as const;
export type Severity = (typeof severities)[number];

export type Finding = {
	/** What was looked at, as one word; several findings may be of one check. */
	check: string;
	severity: Severity;
	message: string;
	/** What to do about it; null where nothing has to be done. */
	mend: string | null;
	/** Whether `minifeed doctor --fix` does it. */
	fixable: boolean;
};

/** What a check may say of itself, and how a thing that can be mended by us is mended. */
export type Found = Omit<Finding, "check" | "fixable"> & { fix?: () => Promise<void> | void };

export const ok = (message: string): Found => ({ severity: "ok", message, mend: null });
export const notice = (message: string, mend: string | null = null): Found => ({ severity: "notice", message, mend });
export const warning = (message: string, mend: string, fix?: Found["fix"]): Found => ({
	severity: "warning",
	message,
	mend,
	...(fix && { fix }),
});
export const error = (message: string, mend: string): Found => ({ severity: "error", message, mend });

/** The worst of several; "ok" for none. */
export const worst = (findings: { severity: Severity }[]): Severity =>
	findings.reduce<Severity>(
		(found, { severity }) => (severities.indexOf(severity) > severities.indexOf(found) ? severity : found),
		"ok",
	);
