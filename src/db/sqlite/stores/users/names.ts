import type { UserCard, UserStore } from "../../../../accounts/users/store";
import { lazily } from "../../../../core/lazily";
import { foldName } from "../../../../social/search/fold";
import type { Db } from "../../query/atomic";
import { type Cursors, paged } from "../../query/cursor";
import { lastCharacter } from "../../query/parameter";
import { presentSql } from "../../query/present";

export function nameSearch(db: Db, cursors: Cursors): Pick<UserStore, "startingWith"> {
	const avatar = "(SELECT name FROM images WHERE images.key = avatar_key) AS avatar";
	// Merges two index ranges in order. SQLite reads at most one page of each.
	const startingWith = lazily(() =>
		db.$client.prepare<
			{
				name: string;
				key: number;
				id: string;
				username: string;
				display_name: string;
				avatar: string | null;
			},
			{ prefix: string; end: string; name: string; key: number; limit: number }
		>(`
			SELECT username AS name, key, id, username, display_name, ${avatar} FROM users
			WHERE username >= $prefix AND username < $end AND (username, key) > ($name, $key) AND ${presentSql}
			UNION ALL
			SELECT display_name_key, key, id, username, display_name, ${avatar} FROM users
			WHERE display_name_key >= $prefix AND display_name_key < $end AND (display_name_key, key) > ($name, $key)
				AND NOT (username >= $prefix AND username < $end) AND ${presentSql}
			ORDER BY 1, 2 LIMIT $limit`),
	);

	return {
		async startingWith(typed, page) {
			const prefix = foldName(typed);
			const list = `users:${prefix}`;
			const [name = "", key = 0] = cursors.open(list, page.cursor) ?? [];
			const rows = startingWith().all({
				prefix,
				end: prefix + lastCharacter,
				name: String(name),
				key: Number(key),
				limit: page.limit + 1,
			});
			return paged(rows, page, {
				item: ({ id, username, display_name, avatar }): UserCard => ({
					id,
					username,
					displayName: display_name,
					avatar,
				}),
				position: (row) => [row.name, row.key],
				seal: (position) => cursors.seal(list, position),
			});
		},
	};
}
