import type { Database } from "bun:sqlite";
import { connect, disconnect } from "../../src/db/sqlite/file/connect";
import { reindex } from "../../src/db/sqlite/stores/reindex";
import { blockSize } from "../../src/db/sqlite/stores/search-index";
import { nameOf } from "../../src/media/files";

export type Size = { posts: number; users: number };

/** However few posts there are, there are people enough for somebody to follow 5,000 of them: only the posts grow. */
export const sizes: Record<string, Size> = {
	"10k": { posts: 10_000, users: 6_000 },
	"100k": { posts: 100_000, users: 6_000 },
	"1m": { posts: 1_000_000, users: 50_000 },
};

const followed = 60;
/** How many follow so many people; of the silent ones all are quiet, more than a short cut through the newest posts bears. */
export const readers = { ordinary: 64, heavy: 16, silent: 16, empty: 16 };
const followedBy = { heavy: 5_000, silent: 600 };
export type Kind = keyof typeof readers;
export type Reader = { userId: string; sessionId: string };

const start = Date.UTC(2025, 0, 1);
const year = 365 * 24 * 60 * 60_000;

/**
 * Makes a database as a community would have it after a year, with the schema of the product, whose triggers count, and its
 * search index. The content is the same on every run, but for ids, so that runs compare. A few write most of what there is to
 * read, a few posts have most of the likes and comments, and a few words make most of any text.
 */
export function makeDatabase(path: string, { posts, users }: Size): void {
	const db = connect(path);
	const client = db.$client;
	// It can be made again. What refers to something was made after it; the server checks that when it opens the file.
	for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -500000"])
		client.run(`PRAGMA ${pragma}`);
	const text = randomText(1);
	const { below, chance, random } = text;

	const readersFrom = users - Object.values(readers).reduce((sum, count) => sum + count);
	const quiet = Math.ceil(users / 10);
	const authors = readersFrom - quiet;
	const authorOfRank = zipf(authors, random);
	// Who writes most did not come first.
	const author = () => 1 + ((authorOfRank() * 7919) % authors);
	const quietAuthor = () => authors + 1 + below(quiet);

	const image = insert(
		client,
		"images",
		"key, name, owner_key, width, height, bytes, placeholder, created_at",
		(key: number, owner: number, isPublic: boolean, at: number) => {
			const files = { full: bytesOf(key), thumbnail: bytesOf(-key) };
			const placeholder = `data:image/webp;base64,${"A".repeat(250)}`;
			return [key, nameOf(files, isPublic), owner, 1600, 1200, 250_000, placeholder, at];
		},
	);
	const user = insert(
		client,
		"users",
		"key, id, username, email, email_key, password_hash, display_name, display_name_key, created_at, updated_at",
		(key: number) => {
			const name = `${text.word().normalize("NFKD").replace(/\W/g, "")}_${key}`;
			const [email, display] = [`${key}@example.com`, `${text.word()} ${text.word()}`];
			const at = start + key;
			return [key, uuid(at), name, email, email, "nobody signs in with a password here", display, display, at, at];
		},
	);
	const session = insert(client, "sessions", "id, user_key, created_at, expires_at", (key: number) => {
		return [uuid(start), key, start, start];
	});
	const follow = insert(client, "follows", "follower_key, following_key, created_at", (from: number, to: number) => {
		return [from, to, start + below(year)];
	});
	const post = insert(
		client,
		"posts",
		"key, id, author_key, title, content, image_key, image_alt, visibility, created_at, edited_at",
		(key: number, by: number, visibility: string, hasImage: boolean, at: number) => {
			const title = chance(0.2) ? text.words(5) : null;
			const content = chance(0.1) ? `${text.post()} ${rareWord(below(rareWords(posts)))}` : text.post();
			const alt = hasImage && chance(0.5) ? text.words(8) : null;
			const edited = chance(0.05) ? at + 60_000 : null;
			return [key, uuid(at), by, title, content, hasImage ? key : null, alt, visibility, at, edited];
		},
	);
	const comment = insert(
		client,
		"comments",
		"id, post_key, author_key, content, created_at",
		(on: number, at: number) => {
			return [uuid(at), on, 1 + below(users), text.words(2 + below(20)), at];
		},
	);
	const like = insert(client, "likes", "post_key, user_key, created_at", (on: number, by: number, at: number) => {
		return [on, by, at];
	});

	const inTransactions = (count: number, work: (key: number) => void) => {
		for (let from = 1; from <= count; from += 50_000)
			client.transaction(() => {
				for (let key = from; key < from + 50_000 && key <= count; key++) work(key);
			})();
	};

	inTransactions(users, (key) => {
		user(key);
		session(key);
		if (chance(0.5)) {
			image(posts + key, key, true, start);
			client.query("UPDATE users SET avatar_key = ? WHERE key = ?").run(posts + key, key);
		}
	});
	const kinds = Object.entries(readers).flatMap(([kind, count]) => Array<string>(count).fill(kind));
	inTransactions(users, (key) => {
		const kind = kinds[key - 1 - readersFrom];
		const following = new Set<number>();
		if (kind === "heavy") for (let i = Math.min(followedBy.heavy, authors); i > 0; i--) following.add(i);
		else if (kind === "silent") for (let i = Math.min(followedBy.silent, quiet); i > 0; i--) following.add(authors + i);
		else if (kind !== "empty")
			while (following.size < Math.min(followed, authors >> 1))
				following.add(chance(0.5) ? author() : 1 + below(authors));
		following.delete(key);
		for (const other of [...following].sort((a, b) => a - b)) follow(key, other);
	});
	inTransactions(posts, (key) => {
		const at = start + Math.floor((key / posts) * year);
		const by = key <= posts / 100 && chance(0.5) ? quietAuthor() : author();
		const visibility = chance(0.9) ? "public" : chance(0.8) ? "followers" : "private";
		const hasImage = chance(0.15);
		if (hasImage) image(key, by, visibility === "public", at);
		post(key, by, visibility, hasImage, at);
	});
	client.run(`INSERT INTO search_blocks (block) SELECT DISTINCT key / ${blockSize} FROM posts`);
	reindex(client, () => {});
	const atMost = users >> 2;
	inTransactions(posts, (key) => {
		const at = start + Math.floor((key / posts) * year);
		// Half of the posts have fewer than four likes, one in a hundred has more than thirty.
		const popularity = (1 - random()) ** -0.6;
		const likers = below(users);
		for (let i = Math.min(2.35 * popularity, atMost); i >= 1; i--)
			like(key, 1 + ((likers + Math.floor(i) * 7919) % users), at + Math.floor(i) * 60_000);
		for (let i = Math.min(0.8 * popularity, atMost); i >= 1; i--) comment(key, at + Math.floor(i) * 90_000);
	});

	disconnect(db);
}

/** A function that adds a row, made of what `row` makes of its arguments. */
function insert<Arguments extends unknown[]>(
	client: Database,
	table: string,
	columns: string,
	row: (...args: Arguments) => (string | number | null)[],
) {
	const marks = columns.replace(/\w+/g, "?");
	const statement = client.prepare(`INSERT INTO ${table} (${columns}) VALUES (${marks})`);
	return (...args: Arguments) => {
		statement.run(...row(...args));
	};
}

const uuid = (at: number) => Bun.randomUUIDv7("hex", at);

const bytesOf = (key: number) => new Uint8Array(new Float64Array([key]).buffer);

/** Draws ranks from 0, each as often as 1 / (rank + 1): the first of 50,000 writes a twelfth of everything. */
function zipf(count: number, random: () => number): () => number {
	const upTo = new Float64Array(count);
	let sum = 0;
	for (let rank = 0; rank < count; rank++) upTo[rank] = sum += 1 / (rank + 1);
	return () => {
		const drawn = random() * sum;
		let [low, high] = [0, count - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((upTo[middle] as number) < drawn) low = middle + 1;
			else high = middle;
		}
		return low;
	};
}

const syllables = "ka lo mi ter an ré so vel du ni pa or es ti gra bun lé mo ra chi".split(" ");

/** Words that about ten posts have each, however many posts there are. */
export const rareWords = (posts: number) => Math.ceil(posts / 100);
export const rareWord = (n: number): string => {
	const spelled = (left: number): string =>
		(left >= 20 ? spelled(Math.floor(left / 20)) : "") + (syllables[left % 20] as string);
	return `zuz${spelled(n)}`;
};

export type Text = ReturnType<typeof randomText>;

/** Text with the lengths and the letters of a real feed: mostly short, a few long, some words beyond Latin-1. */
export function randomText(seed: number) {
	const random = mulberry32(seed);
	const below = (limit: number) => Math.floor(random() * limit);
	const chance = (probability: number) => random() < probability;
	/** The most frequent first. */
	const vocabulary = Array.from({ length: 20_000 }, () =>
		Array.from({ length: 1 + below(4) }, () => syllables[below(syllables.length)]).join(""),
	);
	// A few words make most of any text, which is what keeps a full-text index small.
	const word = () => vocabulary[Math.floor(vocabulary.length * random() ** 4)] as string;
	const words = (count: number) => Array.from({ length: count }, word).join(" ");
	return {
		random,
		below,
		chance,
		vocabulary,
		word,
		words,
		/** Half of them have fewer than 25 words; one in a hundred has some hundreds. */
		post: () =>
			words(4 + Math.floor(20 * (-Math.log(1 - random())) ** 1.5)).slice(0, 4900) + (chance(0.15) ? " 🙂" : ""),
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
