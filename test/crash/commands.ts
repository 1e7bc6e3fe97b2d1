import { Database } from "bun:sqlite";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { engine } from "../../src/db/open";
import { copyOf, dataIn, stateOf } from "../support/backup";
import { databaseOf } from "../support/versions";
import type { Machine, Totals } from "./machine";
import type { Random } from "./writers";

/**
 * Crashes the backup and each command that replaces a database, so many times by a kill and so many by a power cut, at times
 * spread over how long it takes. What is there afterwards has to be what was there before or what the command makes, whole,
 * and the latter if it said that it was done. Where it is what was there before, the same command has to succeed now.
 */
export async function* commands(on: Machine, rounds: number, chance: Random): AsyncGenerator<[string, Totals]> {
	if (rounds === 0) return;
	for (const trial of await trials(on)) {
		const totals: Totals = { looked: 0, wrong: 0 };
		for (const place of [killed(on, trial), powerless(on, trial)]) {
			const takes = await durationOf(on, trial, place);
			for (let round = 1; round <= rounds; round++) {
				const child = on.start(place.fresh(), ...trial.args);
				await Bun.sleep(takes * (0.2 + chance.below(1000) / 1000)); // before that it only loads
				const { data, code } = await place.crash(child);
				totals.looked++;
				const complaint = await complaintOf(on, trial, data, code === 0);
				if (complaint !== null) {
					console.log(`${trial.name}, ${place.how} ${round}: ${complaint}`);
					totals.wrong++;
				}
				place.clear();
			}
			place.end();
		}
		yield [trial.name, totals];
	}
}

type Trial = {
	name: string;
	args: string[];
	/** The data that it is done to. */
	prepared: string;
	/** What `look` says of that, and of what it makes of it. */
	before: string;
	after: string;
};

async function trials(on: Machine): Promise<Trial[]> {
	const folder = (name: string) => join(on.directory, name);
	const done = async (data: string, name: string, ...args: string[]) => {
		copyOf(data, folder(name));
		await on.command(folder(name), ...args);
		return folder(name);
	};

	const [saved, old, backup] = [folder("saved"), folder("old"), folder("backup.tar.zst")];
	dataIn(saved, { posts: 300, seed: "saved" });
	dataIn(old, { posts: 1_000, seed: "old" });
	await on.command(saved, "backup", backup);
	const restored = await done(old, "restored", "restore", backup);

	const ofOldVersion = folder("of-old-version");
	databaseOf(1, join(ofOldVersion, "minifeed.db"), { posts: 3_000 });
	withoutPictures(ofOldVersion);
	const upgraded = await done(ofOldVersion, "upgraded", "migrate", "apply");

	const [seeded, exported, empty] = [folder("seeded"), folder("exported"), folder("empty")];
	await on.command(seeded, "seed", "--users", "20", "--posts", "1000");
	await on.command(seeded, "export", exported);
	await on.command(empty, "migrate", "apply");
	withoutPictures(empty);
	const moved = await done(empty, "moved", "import", exported);

	const trial = (args: string[], prepared: string, made: string) => ({
		name: args.filter((arg) => !arg.includes("/")).join(" "),
		args,
		prepared,
		before: look(prepared),
		after: look(made),
	});
	return [
		trial(["backup"], old, old),
		trial(["restore", backup], old, restored),
		trial(["restore", "--revert"], restored, old),
		trial(["migrate", "apply"], ofOldVersion, upgraded),
		trial(["rollback"], upgraded, ofOldVersion),
		trial(["import", exported], empty, moved),
	];
}

function withoutPictures(data: string) {
	mkdirSync(join(data, "uploads"));
	writeFileSync(join(data, "secret.key"), "k".repeat(64));
}

/** All that counts of a data directory, as one hash. Throws Error where it is not sound. */
function look(data: string): string {
	const client = new Database(join(data, "minifeed.db"), { readwrite: true }); // what was killed may have left a log
	try {
		const sound = client.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get()?.integrity_check;
		if (sound !== "ok") throw new Error(`integrity: ${sound}`);
	} finally {
		client.close();
	}
	const { rows, pictures, key } = stateOf(data);
	const { instance, ...same } = rows;
	// Upgrades and imports make this up, so it only has to be the same in both places.
	const [[, owner] = []] = pictures.filter(([name]) => name === ".instance");
	if (owner !== undefined && JSON.stringify(instance) !== JSON.stringify([{ id: owner }]))
		throw new Error("The pictures are those of another database.");
	return Bun.hash(JSON.stringify([same, pictures.filter(([name]) => name !== ".instance"), key])).toString();
}

async function complaintOf(on: Machine, { args, before, after }: Trial, data: string, isDone: boolean) {
	try {
		const database = join(data, "minifeed.db");
		engine.resumeReplace(database); // as every start does
		const found = look(data);
		// After its migrations, an upgrade makes the search index again in several transactions.
		const goesOn = args[0] === "migrate" && engine.pendingUpgrade(database)?.to.length === 0;
		if (found !== before && found !== after && !goesOn) return "It is neither the old nor the new.";
		if (isDone && found !== after) return "It was said to be done, and is not.";
		const backups = backupsIn(data);
		if (isDone && args[0] === "backup" && backups.length === 0) return "The backup is not there.";
		for (const file of backups) await on.command(data, "restore", file, "--dry-run");
		if (found === after) return null;
		await on.command(data, ...args);
		return look(data) === after ? null : "The second time it does something else.";
	} catch (error) {
		return String(error);
	}
}

function backupsIn(data: string): string[] {
	const folder = join(data, "backups");
	const found = readdirSync(data).includes("backups") ? readdirSync(folder) : [];
	return found.filter((name) => /^[^.].*\.tar\.zst$/.test(name)).map((name) => join(folder, name));
}

/** In milliseconds, of once undisturbed. */
async function durationOf(on: Machine, { args }: Trial, { fresh, crash, clear }: Place) {
	const data = fresh();
	const begun = performance.now();
	const child = on.start(data, ...args);
	await child.exited;
	const takes = performance.now() - begun;
	await crash(child);
	clear();
	return takes;
}

/** Where a command is crashed. */
type Place = {
	how: string;
	/** Gives the data that it is started on. */
	fresh: () => string;
	/** Gives what is left of that, and what the command had ended with; null when it still ran. */
	crash: (child: Bun.Subprocess) => Promise<{ data: string; code: number | null }>;
	clear: () => void;
	end: () => void;
};

function killed(on: Machine, { prepared }: Trial): Place {
	const data = join(on.directory, "killed-command");
	return {
		how: "kill",
		fresh() {
			copyOf(prepared, data);
			return data;
		},
		async crash(child) {
			const code = child.exitCode;
			child.kill("SIGKILL");
			await child.exited;
			return { data, code };
		},
		clear: () => rmSync(data, { recursive: true }),
		end() {},
	};
}

function powerless(on: Machine, { prepared }: Trial): Place {
	const original = on.disk();
	const first = on.mount(original);
	copyOf(prepared, join(first, "data"));
	on.unmount(first);
	let [disk, folder] = ["", ""];
	const mounted = () => {
		folder = on.mount(disk);
		return join(folder, "data");
	};
	return {
		how: "power cut",
		fresh() {
			disk = on.copyOf(original);
			return mounted();
		},
		async crash(child) {
			const { left, code } = await on.cut(child, { disk, folder });
			disk = left;
			return { data: mounted(), code };
		},
		clear() {
			on.unmount(folder);
			rmSync(disk);
		},
		end: () => rmSync(original),
	};
}
