import { type Static, Type } from "@sinclair/typebox";
import { nullable, ResponseSchema, Time } from "../../http/schema";
import { PathText } from "../../http/text";
import type { BackupState as BackupOf } from "./service";

const exampleName = "minifeed-2026-11-23T04-05-06Z.tar.zst";
export const byBackupName = Type.Object({
	name: PathText({ description: "Name of a backup from the list", examples: [exampleName] }),
});

export const Backup = ResponseSchema(
	{
		name: Type.String({ examples: [exampleName] }),
		state: Type.Union([Type.Literal("running"), Type.Literal("done"), Type.Literal("failed")], {
			description: "A backup with the state done is complete and verified",
		}),
		created_at: Time,
		bytes: nullable(Type.Integer({ description: "Null until the backup is done" })),
		error: nullable(
			Type.String({
				description: "Why the last backup failed, for people. The entry stays until the next backup starts",
			}),
		),
	},
	{ $id: "Backup" },
);
export const BackupList = ResponseSchema({ items: Type.Array(Backup) }, { $id: "BackupList" });

export const presentBackup = ({ name, state, createdAt, bytes, error }: BackupOf): Static<typeof Backup> => ({
	name,
	state,
	created_at: createdAt.toISOString(),
	bytes,
	error,
});
