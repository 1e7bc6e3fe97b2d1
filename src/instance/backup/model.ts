import { type Static, Type } from "@sinclair/typebox";
import { nullable, ResponseSchema, Time } from "../../http/schema";
import { PathText } from "../../http/text";
import type { BackupState as BackupOf } from "./service";

const exampleName = "minifeed-2026-11-23T04-05-06Z.tar.zst";
export const byBackupName = Type.Object({ name: PathText({ description: "As in the list", examples: [exampleName] }) });

export const Backup = ResponseSchema(
	{
		name: Type.String({ examples: [exampleName] }),
		state: Type.Union([Type.Literal("running"), Type.Literal("done"), Type.Literal("failed")], {
			description: "done was read again after it was written, and found right",
		}),
		created_at: Time,
		bytes: nullable(Type.Integer({ description: "Null until it is done" })),
		error: nullable(Type.String({ description: "Why it failed, for people; of the last one, until the next begins" })),
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
