import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "../../src/db/open";
import { randomText } from "./database";

/**
 * `bun test/bench/undo.ts`: how long it takes to delete what is large and to bring it back: until the request is answered,
 * until the last row is gone, and how long the event loop stands still meanwhile. The texts have the words of a real feed,
 * since it is their search index that takes the time; other people's posts are there, too. The data are on a disk that is
 * waited for.
 */

const others = 20_000;
const accounts = [
	{ id: "ada", posts: 1_000 },
	{ id: "bob", posts: 5_000 },
];
/** Likes of each post of these accounts, and of the one large post. */
const [likes, manyLikes] = [20, 10_000];
const directory = mkdtempSync(join(tmpdir(), "minifeed-undo-"));
const stores = openStores({ path: join(directory, "minifeed.db"), durability: "full", secret: crypto.randomUUID() });
const at = new Date();
const moveToTrash = { at, byOwner: true, quota: 0 };
const days = { since: new Date(0) };
const text = randomText(7);

try {
	await stores.inOneTransaction(fill);
	await stores.posts.remove("warm", moveToTrash); // the first deletion prepares statements
	await stores.trash.restore("warm", days);

	console.log("A post of 5,000 characters, all words different");
	await timed("deleted", () => stores.posts.remove("long", moveToTrash));
	console.log(`A post with ${manyLikes} likes`);
	await undone("large", (how) => stores.posts.remove("large", how));
	for (const { id, posts } of accounts) {
		console.log(`An account with ${posts} posts and ${posts * likes} likes of them, beside ${others} posts of others`);
		await undone(id, (how) => stores.users.remove(id, how));
	}
} finally {
	await stores.close();
	rmSync(directory, { recursive: true, force: true });
}

async function undone(id: string, remove: (how?: typeof moveToTrash) => Promise<unknown>) {
	await timed("deleted", () => remove(moveToTrash));
	await timed("the rest", () => stores.trash.resume());
	await timed("brought back", () => stores.trash.restore(id, days));
	await timed("deleted for good", () => remove());
	await timed("the rest", () => stores.trash.resume());
}

async function fill() {
	const user = (id: string) =>
		stores.users.create({
			...{ id, username: id, email: id, displayName: id, passwordHash: "", role: "user", createdAt: at },
		});
	const post = (id: string, authorId: string, content = text.post()) =>
		stores.posts.create({ id, authorId, title: null, content, visibility: "public", createdAt: at });
	for (const { id } of accounts) await user(id);
	for (let i = 0; i < manyLikes; i++) await user(`u${i}`);
	for (const id of ["warm", "large"]) await post(id, "u0");
	const words = Array.from({ length: 1_250 }, (_, i) => (i + 46_656).toString(36));
	await post("long", "u0", words.join(" ").slice(0, 5_000));
	for (let i = 0; i < manyLikes; i++) await stores.likes.add({ postId: "large", userId: `u${i}`, createdAt: at });
	for (let i = 0; i < others; i++) await post(`o${i}`, `u${i % manyLikes}`);
	for (const { id, posts } of accounts)
		for (let p = 0; p < posts; p++) {
			await post(`${id}${p}`, id);
			for (let i = 0; i < likes; i++)
				await stores.likes.add({ postId: `${id}${p}`, userId: `u${(p * 7 + i * 13) % manyLikes}`, createdAt: at });
		}
}

async function timed(what: string, work: () => Promise<unknown>) {
	let [longest, last] = [0, performance.now()];
	const look = () => {
		const now = performance.now();
		longest = Math.max(longest, now - last);
		last = now;
	};
	const timer = setInterval(look, 1);
	const started = performance.now();
	await work();
	const took = performance.now() - started;
	look();
	clearInterval(timer);
	console.log(`  ${what.padEnd(18)} ${took.toFixed(0).padStart(5)} ms, others wait ${longest.toFixed(0)} ms at most`);
}
