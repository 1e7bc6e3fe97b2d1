import { randomBytes } from "node:crypto";
import { connect } from "../../src/db/sqlite/connect";
import { nameOf } from "../../src/media/files";

const users = 200;
const posts = 20_000;
const likes = 60_000;
const followed = 60;
const minute = 60_000;

export type Reader = { userId: string; sessionId: string };

/**
 * Makes a database as a small community would have it after a year, and tells who is signed in and what can be read.
 * The schema is the product's own. The content is the same on every run, but for ids and times, so that runs compare.
 */
export function makeDatabase(path: string, text: Text): { readers: Reader[]; publicPosts: string[] } {
	const client = connect(path).$client;
	const insert = (table: string, row: Record<string, string | number | null>) => {
		const names = Object.keys(row);
		const marks = names.map((name) => `$${name}`);
		// `query` keeps the statement: one table is always filled with the same columns.
		client.query(`INSERT OR IGNORE INTO ${table} (${names.join(", ")}) VALUES (${marks.join(", ")})`).run(row);
	};
	const { chance, below } = text;
	const now = Date.now();
	const readers: Reader[] = [];
	const publicPosts: string[] = [];

	const addImage = (key: number, owner_key: number, isPublic: boolean) =>
		insert("images", {
			key,
			name: nameOf({ full: randomBytes(8), thumbnail: randomBytes(8) }, isPublic),
			owner_key,
			width: 1600,
			height: 1200,
			bytes: 250_000,
			placeholder: `data:image/webp;base64,${"A".repeat(250)}`,
			created_at: now,
		});

	const addUser = (key: number) => {
		const name = `${text.word()}_${key}`;
		const displayName = `${text.word()} ${text.word()}`;
		const reader = { userId: Bun.randomUUIDv7(), sessionId: Bun.randomUUIDv7() };
		insert("users", {
			key,
			id: reader.userId,
			username: name.normalize("NFKD").replace(/[^a-z0-9_]/g, ""),
			email: `${key}@example.com`,
			email_key: `${key}@example.com`,
			password_hash: "nobody signs in with a password here",
			display_name: displayName,
			display_name_key: displayName,
			created_at: now,
			updated_at: now,
		});
		if (chance(0.5)) {
			addImage(posts + key, key, true);
			client.query("UPDATE users SET avatar_key = ? WHERE key = ?").run(posts + key, key);
		}
		insert("sessions", {
			id: reader.sessionId,
			user_key: key,
			created_at: now,
			expires_at: now + 24 * 60 * minute,
		});
		readers.push(reader);
	};

	const addPost = (key: number) => {
		const author = 1 + below(users);
		const created = now - (posts - key) * 25 * minute;
		const id = Bun.randomUUIDv7("hex", created);
		const visibility = chance(0.9) ? "public" : chance(0.8) ? "followers" : "private";
		const pictured = chance(0.15);
		if (pictured) addImage(key, author, visibility === "public");
		insert("posts", {
			key,
			id,
			author_key: author,
			title: chance(0.2) ? text.words(5) : null,
			content: text.post(),
			image_key: pictured ? key : null,
			image_alt: pictured && chance(0.5) ? text.words(8) : null,
			visibility,
			created_at: created,
			edited_at: chance(0.05) ? created + minute : null,
		});
		if (visibility === "public") publicPosts.push(id);
	};

	client.transaction(() => {
		for (let key = 1; key <= users; key++) addUser(key);
		for (let key = 1; key <= users; key++)
			for (let step = 1; step <= followed; step++) {
				const following = 1 + ((key + step * 3) % users);
				if (following !== key) insert("follows", { follower_key: key, following_key: following, created_at: now });
			}
		for (let key = 1; key <= posts; key++) addPost(key);
		for (let i = 0; i < likes; i++)
			insert("likes", { post_key: 1 + below(posts), user_key: 1 + below(users), created_at: now });
	})();
	// The file is copied: everything must be in it, and nothing in the log beside it.
	client.run("PRAGMA wal_checkpoint(TRUNCATE)");
	client.close();
	return { readers, publicPosts };
}

export type Text = ReturnType<typeof randomText>;

/** Text with the lengths and the letters of a real feed: mostly short, a few long, some words beyond Latin-1. */
export function randomText(seed: number) {
	const random = mulberry32(seed);
	const below = (limit: number) => Math.floor(random() * limit);
	const chance = (probability: number) => random() < probability;
	const syllables = "ka lo mi ter an ré so vel du ni pa or es ti gra bun lé mo ra chi".split(" ");
	const vocabulary = Array.from({ length: 3000 }, () =>
		Array.from({ length: 1 + below(4) }, () => syllables[below(syllables.length)]).join(""),
	);
	// A few words make most of any text, which is what keeps a full-text index small.
	const word = () => vocabulary[Math.floor(vocabulary.length * random() ** 3)] ?? "";
	const words = (count: number) => Array.from({ length: count }, word).join(" ");
	return {
		below,
		chance,
		word,
		words,
		/** Half of them have fewer than 25 words; one in a hundred has some hundreds. */
		post: () =>
			words(4 + Math.floor(20 * (-Math.log(1 - random())) ** 1.5)).slice(0, 4990) + (chance(0.15) ? " 🙂" : ""),
	};
}

/** A generator of numbers from 0 to 1 that starts the same way on every run. */
function mulberry32(seed: number) {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}
