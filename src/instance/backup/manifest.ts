import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { imageOf } from "../../media/files";

/** What is in a backup, by the names that it has in a data directory. */
export const members = {
	database: "minifeed.db",
	secret: "secret.key",
	uploads: "uploads/",
	manifest: "manifest.json",
};

/** The name of the picture's file that a member is; null for every other member. */
export function pictureFileOf(member: string): string | null {
	if (!member.startsWith(members.uploads)) return null;
	const file = member.slice(members.uploads.length);
	return imageOf(file) === null ? null : file; // which also keeps every path but that of a picture out
}

const Manifest = Type.Object({
	/** Another number is another format. */
	format: Type.Literal(1),
	/** Of the program that made it. */
	version: Type.String(),
	created_at: Type.String(),
	/** The migrations of the database. */
	schema: Type.Array(Type.String()),
	instance: Type.String(),
	/** Rows of each table. */
	counts: Type.Record(Type.String(), Type.Integer()),
	/** Pictures that the database speaks of and the folder did not have; nothing was lost on the way here. */
	missing: Type.Array(Type.String()),
	/** Everything but this file, in the order of the archive. */
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

/** Null for text that is none. */
export function parseManifest(text: string): Manifest | null {
	try {
		const parsed: unknown = JSON.parse(text);
		return Value.Check(Manifest, parsed) ? parsed : null;
	} catch {
		return null;
	}
}

/** With a line for each member: of a hundred thousand pictures, people want to read the first lines. */
export function printManifest({ members, ...rest }: Manifest): string {
	const head = JSON.stringify(rest, null, "\t").slice(0, -2);
	const lines = members.map((member) => `\t\t${JSON.stringify(member)}`);
	return `${head},\n\t"members": [\n${lines.join(",\n")}\n\t]\n}\n`;
}
