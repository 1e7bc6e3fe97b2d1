import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "../../src/db/open";

/**
 * `bun test/bench/undo.ts`: how long it takes to delete what is large, for ever and so that it may come back, and to bring it
 * back; and how long nobody else has a turn meanwhile. The data are on a disk that is waited for.
 */

const [users, posts, likes] = [10_000, 2_000, 50];
const directory = mkdtempSync(join(tmpdir(), "minifeed-undo-"));
const stores = openStores({ path: join(directory, "minifeed.db"), durability: "full", secret: crypto.randomUUID() });
const at = new Date();
const content = `${"Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor ".repeat(4)}#tea`;

try {
	await stores.together(fill);
	const bin = { at, byOwner: true, quota: 0 };
	const days = { since: new Date(0) };
	await stores.posts.remove("warm", bin); // the first deletion prepares statements
	await stores.trash.restore("warm", days);

	console.log(`A post with ${users} likes`);
	await timed("deleted", () => stores.posts.remove("large", bin));
	await timed("brought back", () => stores.trash.restore("large", days));
	await timed("deleted for ever", () => stores.posts.remove("large"));
	console.log(`An account with ${posts} posts and ${posts * likes} likes of them`);
	await timed("deleted", () => stores.users.remove("ada", bin));
	await timed("brought back", () => stores.trash.restore("ada", days));
	await timed("deleted for ever", () => stores.users.remove("ada"));
} finally {
	await stores.close();
	rmSync(directory, { recursive: true, force: true });
}

async function fill() {
	const user = (id: string) =>
		stores.users.create({
			id,
			username: id,
			email: id,
			passwordHash: "",
			role: "user",
			displayName: id,
			createdAt: at,
		});
	const post = (id: string, authorId: string) =>
		stores.posts.create({ id, authorId, title: null, content, visibility: "public", createdAt: at });
	await user("ada");
	for (let i = 0; i < users; i++) await user(`u${i}`);
	for (const id of ["warm", "large"]) await post(id, "u0");
	for (let i = 0; i < users; i++) await stores.likes.add({ postId: "large", userId: `u${i}`, createdAt: at });
	for (let p = 0; p < posts; p++) {
		await post(`p${p}`, "ada");
		for (let i = 0; i < likes; i++)
			await stores.likes.add({ postId: `p${p}`, userId: `u${(p * 7 + i * 13) % users}`, createdAt: at });
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
