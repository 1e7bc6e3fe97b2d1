import { loadConfig } from "../config/config";
import { confirm, print, printJson, progressBar, type Terminal } from "../core/terminal";
import { openShared } from "../instance/open";
import type { SeedOptions } from "../seed";

type Options = SeedOptions & { yes?: true; json?: true };

/** Adds a made-up community to the database; asks first where real people may be. */
export async function seedDatabase(terminal: Terminal, { yes, json, ...numbers }: Options) {
	const config = loadConfig(terminal.env);
	const { databasePath } = config;
	const { seed, seedPassword } = await import("../seed"); // and with it the library that the names are from
	// What a power cut takes of it can be made again, so it does not wait for the disk.
	const stores = openShared({ ...config, durability: "normal" }, { create: true });
	try {
		const { items } = await stores.users.accounts({ limit: 1 });
		if (items.length > 0)
			await confirm(terminal, {
				yes,
				question: `${databasePath} has accounts already, and what is added cannot be taken away at once. Add a made-up community?`,
			});
		const bar = progressBar(terminal, (done, total) => `${done} of ${total} people and posts`);
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
