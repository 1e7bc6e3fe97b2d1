import { loadConfig } from "../config";
import { openStores } from "../db/open";
import type { SeedOptions } from "../seed";
import { confirm, print, printJson, type Terminal } from "./terminal";

type Options = SeedOptions & { yes?: true; json?: true };

/** Adds a made-up community to the database; asks first where real people may be. */
export async function seedDatabase(terminal: Terminal, { yes, json, ...numbers }: Options) {
	const { databasePath: path } = loadConfig(terminal.env);
	const { seed, seedPassword } = await import("../seed"); // and with it the library that the names are from
	// What a power cut takes of it can be made again, so it does not wait for the disk.
	const stores = openStores({ path, durability: "normal", secret: "seals nothing", shared: true });
	try {
		const { items } = await stores.users.accounts({ limit: 1 });
		if (items.length > 0)
			await confirm(terminal, {
				yes,
				question: `${path} has accounts already, and what is added cannot be taken away at once. Add a made-up community?`,
			});
		const bar = await progressBar(terminal);
		const { usernames, ...made } = await seed(stores, numbers, bar.show);
		bar.end();
		if (json) return printJson(terminal, { ...made, usernames, password: seedPassword });
		const { users, follows, posts, comments, likes } = made;
		print(
			terminal,
			`Made ${users} people, ${follows} follows, ${posts} posts, ${comments} comments and ${likes} likes.`,
		);
		print(terminal, `Sign in as ${usernames[0]}, or as anybody else, with the password: ${seedPassword}`);
	} finally {
		await stores.close();
	}
}

/** On a terminal; for scripts there is none. */
async function progressBar({ stderr }: Terminal) {
	if (!stderr.isTTY) return { show() {}, end() {} };
	const { progress } = await import("@clack/prompts");
	const bar = progress({ max: 100, output: stderr });
	let percent = 0;
	bar.start("Making people up");
	return {
		show(done: number, total: number) {
			const now = Math.floor((done / total) * 100);
			if (now === percent) return;
			bar.advance(now - percent, `${done} of ${total} people and posts`);
			percent = now;
		},
		end: () => bar.stop("Done"),
	};
}
