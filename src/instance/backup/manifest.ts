import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { imageOf } from "../../media/files";

/** Names of the members of a backup, the same as in a data directory. */
export const members = {
	database: "minifeed.db",
	secret: "secret.key",
	uploads: "uploads/",
	manifest: "manifest.json",
};

/** Returns the file name of a picture member; null for any other member. */
export function pictureFileOf(member: string): string | null {
	if (!member.startsWith(members.uploads)) return null;
	const file = member.slice(members.uploads.length);
	return imageOf(file) === null ? null : file; // also rejects paths that leave the folder
}

const Manifest = Type.Object({
	/** Version of the format. */
	format: Type.Literal(1),
	/** Version of minifeed that made the backup. */
	version: Type.String(),
	created_at: Type.String(),
	/** Names of the applied migrations. */
	schema: Type.Array(Type.String()),
	instance: Type.String(),
	/** Rows of each table. */
	counts: Type.Record(Type.String(), Type.Integer()),
	/** Pictures whose files were missing already when the backup was made. */
	missing: Type.Array(Type.String()),
	/** All members but the manifest, in the order of the archive. */
	members: Type.Array(
		Type.Object({
			name: Type.String(),
			bytes: Type.Integer({ minimum: 0 }),
			sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
		}),
	),
});
export type Manifest = Static<typeof Manifest>;
export type Member = Manifest["members"][number];

/** Returns null for invalid text. */
export function parseManifest(text: string): Manifest | null {
	try {
		const parsed: unknown = JSON.parse(text);
		return Value.Check(Manifest, parsed) ? parsed : null;
	} catch {
		return null;
	}
}

/** Prints each member on one line, so that people can read the head of a manifest with 100,000 pictures. */
export function printManifest({ members, ...rest }: Manifest): string {
	const head = JSON.stringify(rest, null, "\t").slice(0, -2);
	const lines = members.map((member) => `\t\t${JSON.stringify(member)}`);
	return `${head},\n\t"members": [\n${lines.join(",\n")}\n\t]\n}\n`;
}
