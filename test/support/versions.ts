import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { migrate } from "../../src/db/sqlite/file/migrate";
import { migrations } from "../../src/db/sqlite/migrations";
import { reindex } from "../../src/db/sqlite/stores/reindex";

/** "mfed", as every released version wrote it. */
const applicationId = 0x6d666564;

/** The numbers of all schemas there ever were: how many migrations each has. */
export const versions = migrations.map((_, i) => i + 1);

/** Makes a database as the version with so many migrations left it, with people and what they made. */
export function databaseOf(version: number, path: string, { posts = 20 } = {}) {
	mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
	const client = new Database(path, { create: true, readwrite: true, strict: true });
	client.run(`PRAGMA application_id = ${applicationId}`);
	client.run("PRAGMA journal_mode = WAL");
	migrate(client, path, migrations.slice(0, version));
	client.transaction(() => {
		fill(client, version, posts);
		if (version === 9 || version === 10) indexAsThen(client);
		if (version >= 11) client.run("INSERT INTO search_blocks (block) VALUES (0)");
	})();
	reindex(client, () => {});
	client.run("PRAGMA journal_mode = DELETE");
	client.close();
}

/** The search index of the versions that gave FTS5 the texts as they were. */
function indexAsThen(client: Database) {
	client.run("INSERT INTO search_blocks VALUES (0)");
	client.run(
		"CREATE VIRTUAL TABLE search_0 USING fts5(title, content, marks, content = '', tokenize = 'unicode61 remove_diacritics 2')",
	);
	client.run(
		"INSERT INTO search_0 (rowid, title, content, marks) SELECT 32768 - key, title, content, marks FROM posts WHERE visibility = 'public'",
	);
	client.run("INSERT INTO hidden_words SELECT author_key, is_private, '', key FROM posts WHERE visibility <> 'public'");
}

function fill(client: Database, version: number, posts: number) {
	const [ada, bob] = ["ada", "bob"].map((name, i) => {
		const person = {
			id: id(i + 1),
			username: name,
			email: `${name}@example.com`,
			email_key: `${name}@example.com`,
			password_hash: "$argon2id$v=19$m=8,t=1,p=1$",
			role: i === 0 ? "admin" : "user",
			display_name: name,
			display_name_key: name,
			bio: "Lives in a garden",
			created_at: 1_700_000_000_000,
			updated_at: 1_700_000_000_001,
			...(version >= 2 ? { suspended_at: i === 1 ? 1_700_000_000_002 : null } : {}),
			...(version >= 4 ? { pending_since: null } : {}),
		};
		return insert(client, "users", person);
	}) as [number, number];
	insert(client, "follows", { follower_key: bob, following_key: ada, created_at: 3 });
	const session = {
		id: id(100),
		user_key: ada,
		created_at: 4,
		expires_at: 5,
		...(version >= 4 ? { device: "Firefox on Linux", address: "127.0.0.0/24", used_at: 4 } : {}),
	};
	const hash = new Uint8Array(32).fill(7);
	const key = insert(client, "sessions", session);
	insert(client, "refresh_tokens", { hash, session_key: key, expires_at: 5, used_at: null });
	for (let n = 0; n < posts; n++) {
		const image =
			version >= 3 && n % 5 === 0
				? insert(client, "images", {
						name: String(n).padStart(64, "0"),
						owner_key: n % 2 === 0 ? ada : bob,
						width: 4,
						height: 3,
						bytes: 100,
						placeholder: "data:,",
						created_at: n,
					})
				: null;
		const post = insert(client, "posts", {
			id: id(1000 + n),
			author_key: n % 2 === 0 ? ada : bob,
			title: n % 3 === 0 ? `Title ${n}` : null,
			content: `Post ${n} says hello to the garden`,
			visibility: (["public", "followers", "private"] as const)[n % 3] as string,
			image_key: image,
			image_alt: image && "A cat",
			created_at: 10 + n,
			edited_at: n % 4 === 0 ? 11 + n : null,
		});
		insert(client, "likes", { post_key: post, user_key: bob, created_at: 20 });
		insert(client, "comments", {
			id: id(1_000_000 + n),
			post_key: post,
			author_key: bob,
			content: `Well said ${n}`,
			created_at: 30,
		});
	}
	if (version < 4) return;
	const token = { id: id(200), user_key: ada, name: "bot", scope: "read", created_at: 1, expires_at: null };
	insert(client, "access_tokens", { ...token, hash, used_at: null });
	const link = { id: id(201), hash, purpose: "invite", user_key: null, creator_key: ada, max_uses: 3 };
	insert(client, "links", { ...link, uses: 1, created_at: 1, expires_at: 9 });
	insert(client, "audit", { at: 1, action: "registered", actor_id: id(1), subject_id: id(1), address: "" });
}

const id = (n: number) => `01a204bc-7009-76d0-81ea-${n.toString(16).padStart(12, "0")}`;

type Value = string | number | null | Uint8Array;

/** Gives the key of the row. */
function insert(client: Database, table: string, row: Record<string, Value>): number {
	const names = Object.keys(row);
	const sql = `INSERT INTO ${table} (${names}) VALUES (${names.map(() => "?")})`;
	return Number(client.query(sql).run(...Object.values(row)).lastInsertRowid);
}

/** All that a database has in the tables and columns that another one has as well, for comparing them. */
export function contentOf(path: string, like: string = path): Record<string, unknown[]> {
	const [client, model] = [path, like].map((path) => new Database(path, { readonly: true })) as [Database, Database];
	try {
		const tables = model
			.query<{ name: string }, []>(
				"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations'",
			)
			.all();
		return Object.fromEntries(
			tables.flatMap(({ name }) => {
				const there = client.query("SELECT name FROM pragma_table_info(?)").all(name) as { name: string }[];
				const columns = model
					.query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)")
					.all(name)
					.map(({ name }) => name)
					.filter((column) => there.some(({ name }) => name === column))
					.sort();
				if (columns.length === 0) return [];
				return [[name, client.query(`SELECT ${columns} FROM ${name} ORDER BY ${columns}`).all()]];
			}),
		);
	} finally {
		client.close();
		model.close();
	}
}
