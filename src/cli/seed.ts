import { loadConfig } from "../config/config";
import { confirm, print, printJson, progressBar, type Terminal } from "../core/terminal";
import { openShared } from "../instance/open";
import type { SeedOptions } from "../seed";

type Options = SeedOptions & { yes?: true; json?: true };

/** Adds a made-up community. Asks for confirmation when the database has accounts. */
export async function seedDatabase(terminal: Terminal, { yes, json, ...numbers }: Options) {
	const config = loadConfig(terminal.env);
	const { databasePath } = config;
	const { seed, seedPassword } = await import("../seed"); // lazily, because it loads a library of names
	// A power cut may lose seeded data, which the command can create again. So it does not wait for fsync.
	const stores = openShared({ ...config, durability: "normal" }, { create: true });
	try {
		const { items } = await stores.users.accounts({ limit: 1 });
		if (items.length > 0)
			await confirm(terminal, {
				yes,
				question: `${databasePath} has accounts already, and you cannot undo the seed at once. Add a made-up community?`,
			});
		const bar = progressBar(terminal, (done, total) => `${done} of ${total} users and posts`);
		const { usernames, ...made } = await seed(stores, numbers, bar.show);
		bar.end();
		if (json) return printJson(terminal, { ...made, usernames, password: seedPassword });
		const { users, follows, posts, comments, likes } = made;
		print(
			terminal,
			`Created ${users} users, ${follows} follows, ${posts} posts, ${comments} comments and ${likes} likes.`,
		);
		print(terminal, `Sign in as ${usernames[0]}, or as any other of them, with the password: ${seedPassword}`);
	} finally {
		await stores.close();
	}
}
