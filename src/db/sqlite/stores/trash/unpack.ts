import { AppError } from "../../../../core/errors";
import { fold } from "../../../../core/fold";
import { quotaExceeded } from "../../../../media/store";
import { mentionsIn } from "../../../../social/search/hashtags";
import { type Client, keyFinder, rowInserter, statementRunner } from "../row-inserter";
import { searchIndex } from "../search-index";
import { searchTerms, textOf } from "../search-terms";
import { type TrashedRow, tableOf } from "./rows";

/** A row that refers to missing rows. `ids`: the missing rows, in whose trash entries it can wait. */
export type BlockedRow = { row: TrashedRow; ids: string[] };

/**
 * Inserts rows from the trash in a transaction of the caller; triggers update counters. Throws `too_large` when the pictures of
 * an owner would exceed `quota` bytes, and `conflict` for a taken name. Returns the rows whose accounts or posts are missing.
 * Existing rows stay unchanged.
 */
export function rowRestorer(client: Client) {
	// Users may like, follow and mention again while the restore of a large entry is in progress.
	const insert = rowInserter(client, { skipDuplicates: true });
	const mention = mentioner(client);
	const keyOf = keyFinder(client);
	const run = statementRunner(client);

	const checkNames = ({ username, email }: TrashedRow) => {
		const taken = run<{ username: string }>("SELECT username FROM users WHERE username = ? OR email_key = ?", [
			username,
			fold(email),
		]);
		if (!taken) return;
		const what = taken.username === username ? "username" : "e-mail address";
		throw new AppError("conflict", `Another account has taken the ${what} of this account.`);
	};

	const checkQuota = ({ author_id, image }: TrashedRow, quota: number) => {
		const owner = image && keyOf("users", author_id);
		if (owner === null || owner === undefined) return;
		const sum = "SELECT coalesce(sum(bytes), 0) AS bytes FROM images WHERE owner_key = ?";
		const { bytes = 0 } = run<{ bytes: number }>(sum, [owner]) ?? {};
		if (bytes + image.bytes > quota) throw quotaExceeded(quota);
	};

	return (row: TrashedRow, quota: number): BlockedRow[] => {
		if (row.table === "mentions") return mention(row);
		if (row.table === "users") checkNames(row);
		if (row.table === "posts") checkQuota(row, quota);
		return insert(tableOf(row), row).map(({ field, ids }) =>
			field === "mentions"
				? { ids, row: { table: "mentions", post_id: row["id"], post_author_id: row["author_id"], user_id: ids[0] } }
				: { ids, row },
		);
	};
}

/** Adds mentions to existing posts, if their present text still has the name. */
function mentioner(client: Client) {
	const marks = searchTerms(client);
	const index = searchIndex(client);
	const keyOf = keyFinder(client);
	const run = statementRunner(client);
	return (row: TrashedRow): BlockedRow[] => {
		const { post_id, post_author_id, user_id } = row;
		const [post, user] = [keyOf("posts", post_id), keyOf("users", user_id)];
		if (post === undefined) return [{ row, ids: [post_id, post_author_id] }];
		if (user === undefined) return [{ row, ids: [user_id] }];
		const { username, title, content, has } = run<Mentioning>(
			`SELECT username, title, content, EXISTS (SELECT 1 FROM mentions WHERE post_key = posts.key AND user_key = users.key)
				AS has FROM posts, users WHERE posts.key = ? AND users.key = ?`,
			[post, user],
		) as Mentioning;
		const names = mentionsIn(textOf({ title, content }));
		if (!has && names.includes(username)) index.around(post, () => marks.mention(post, user));
		return [];
	};
}

type Mentioning = { username: string; title: string | null; content: string; has: 0 | 1 };
