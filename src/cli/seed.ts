import { loadConfig } from "../config";
import type { SeedOptions } from "../seed";
import { openBeside } from "./beside";
import { confirm, print, printJson, type Terminal } from "./terminal";

type Options = SeedOptions & { yes?: true; json?: true };

/** Adds a made-up community to the database; asks first where real people may be. */
export async function seedDatabase(terminal: Terminal, { yes, json, ...numbers }: Options) {
	const { databasePath } = loadConfig(terminal.env);
	const { seed, seedPassword } = await import("../seed"); // and with it the library that the names are from
	// What a power cut takes of it can be made again, so it does not wait for the disk.
	const stores = openBeside({ databasePath, durability: "normal" }, { create: true });
	try {
		const { items } = await stores.users.accounts({ limit: 1 });
		if (items.length > 0)
			await confirm(terminal, {
				yes,
				question: `${databasePath} has accounts already, and what is added cannot be taken away at once. Add a made-up community?`,
			});
		const bar = progressBar(terminal);
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

const width = 40;

/** On a terminal; for scripts there is none. A library's would listen for keys, and so take Ctrl-C from the process. */
function progressBar({ stderr }: Terminal) {
	if (!stderr.isTTY) return { show() {}, end() {} };
	let shown = -1;
	return {
		show(done: number, total: number) {
			const filled = Math.floor((done / total) * width);
			if (filled === shown) return;
			shown = filled;
			stderr.write(`\r${"━".repeat(filled)}${"┄".repeat(width - filled)} ${done} of ${total} people and posts`);
		},
		end: () => stderr.write("\r\u001b[K"),
	};
}
