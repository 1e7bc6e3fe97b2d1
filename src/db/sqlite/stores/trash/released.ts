import type { TrashedRow } from "./rows";

/** The row format of version 0.1.0: a letter for the table, and values in this order. */
const layouts: Record<string, [table: string, ...fields: string[]]> = {
	// biome-ignore format: a line for each table
	u: ["users", "key", "id", "username", "email", "email_key", "password_hash", "role", "display_name", "display_name_key",
		"bio", "created_at", "updated_at", "suspended_at", "pending_since", "avatar"],
	// biome-ignore format: a line for each table
	p: ["posts", "key", "id", "author_id", "title", "content", "visibility", "created_at", "edited_at", "image_alt", "image",
		"mentions"],
	c: ["comments", "key", "id", "post_id", "post_author_id", "author_id", "content", "created_at"],
	l: ["likes", "post_id", "post_author_id", "user_id", "created_at"],
	f: ["follows", "follower_id", "following_id", "created_at"],
	m: ["mentions", "post_id", "post_author_id", "user_id"],
};
const imageLayout = ["name", "width", "height", "bytes", "placeholder", "created_at"];

const named = (names: string[], values: unknown[]) => Object.fromEntries(names.map((name, i) => [name, values[i]]));

export function fromVersion010([letter, ...values]: unknown[]): TrashedRow {
	const [table = "", ...fields] = layouts[String(letter)] ?? [];
	const row: TrashedRow = { ...named(fields, values), table };
	for (const field of ["avatar", "image"])
		if (row[field]) row[field] = { ...named(imageLayout, row[field]), alt: row["image_alt"] };
	return row;
}
