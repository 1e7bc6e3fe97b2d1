import { type Static, Type } from "@sinclair/typebox";
import { nullable, ResponseSchema, Time } from "../../http/schema";
import { type Severity as SeverityOf, withMend } from "./finding";
import type { Report as ReportOf } from "./service";

const Severity = Type.Union([
	Type.Literal("ok"),
	Type.Literal("notice"),
	Type.Literal("warning"),
	Type.Literal("error"),
]);
const Finding = ResponseSchema(
	{
		check: Type.String({ description: "Name of the check", examples: ["backups"] }),
		severity: Severity,
		message: Type.String({ description: "The problem, for people", examples: ["There is no backup in data/backups."] }),
		remedy: nullable(Type.String({ description: "What to do about it", examples: ["Run minifeed backup."] })),
		mend: Type.Unsafe<string | null>({
			...nullable(Type.String({ examples: ["Run minifeed backup."] })),
			description: "The old name of `remedy`. It ends with the next release",
			deprecated: true,
		}),
		fixable: Type.Boolean({ description: "True when `minifeed doctor --fix` applies the remedy" }),
	},
	{ $id: "Finding" },
);
export const Report = ResponseSchema(
	{
		status: Type.Unsafe<SeverityOf>({ ...Severity, description: "The highest severity of all findings" }),
		checked_at: Time,
		findings: Type.Array(Finding),
	},
	{ $id: "DoctorReport" },
);

export const presentReport = ({ status, checkedAt, findings }: ReportOf): Static<typeof Report> => ({
	status,
	checked_at: checkedAt.toISOString(),
	findings: findings.map(withMend),
});
