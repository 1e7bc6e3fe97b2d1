import { chmodSync, chownSync, closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { newTemporary } from "./backup";

const isRoot = process.getuid?.() === 0;

/** Some file system of this machine that can only be read. */
export function readOnlyFolder(): string {
	const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
	const found = mounts.map((line) => line.split(" ")).find(([, at, , options]) => at && /^ro(,|$)/.test(options ?? ""));
	if (!found?.[1]) throw new Error("There is no such file system here.");
	return found[1];
}

export type SmallDisk = {
	directory: string;
	/** What a server on it is started with. */
	preload: string[];
	fill: (server: Bun.Subprocess) => Promise<void>;
	free: (server: Bun.Subprocess) => Promise<void>;
	remove: () => void;
};

/** A disk that can be filled: a real one where this user may mount one, else a database that SQLite keeps from growing. */
export function smallDisk(): SmallDisk {
	const directory = newTemporary();
	const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=24m", "none", directory], { stderr: "ignore" });
	return mounted.exitCode === 0 ? onTmpfs(directory) : bounded(directory);
}

function onTmpfs(directory: string): SmallDisk {
	const filler = join(directory, "filler");
	return {
		directory,
		preload: [],
		async fill() {
			const file = openSync(filler, "a");
			const block = Buffer.alloc(65_536);
			try {
				for (;;) if (writeSync(file, block) < block.length) break;
			} catch {} // it is full
			closeSync(file);
		},
		async free() {
			rmSync(filler);
		},
		remove() {
			Bun.spawnSync(["umount", directory]);
			rmSync(directory, { recursive: true });
		},
	};
}

function bounded(directory: string): SmallDisk {
	const script = join(directory, "bounded.ts");
	writeFileSync(
		script,
		`import { Database } from "bun:sqlite";
		const run = Database.prototype.run;
		const known = new Set();
		Database.prototype.run = function (...given) {
			known.add(this);
			return run.apply(this, given);
		};
		const bound = (pages) => () => {
			for (const client of known) try { client.query("PRAGMA max_page_count = " + pages).get(); } catch {}
		};
		process.on("SIGUSR2", bound(1)).on("SIGUSR1", bound(4294967294));`,
	);
	const signal = (name: NodeJS.Signals) => async (server: Bun.Subprocess) => {
		server.kill(name);
		await Bun.sleep(100);
	};
	return {
		directory,
		preload: ["--preload", script],
		fill: signal("SIGUSR2"),
		free: signal("SIGUSR1"),
		remove: () => rmSync(directory, { recursive: true }),
	};
}

/**
 * Makes something another user's, as far as this user can, and gives what a program is started with so that it may not
 * write there either: root may write anywhere, unless it gives that up.
 */
export function takeAway(path: string): string[] {
	if (!isRoot) chmodSync(path, 0o000);
	else {
		chmodSync(path, 0o700);
		chownSync(path, 65534, 65534);
	}
	return isRoot ? ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] : [];
}

/** What a sentence says of what `takeAway` took. */
export const takenAway = isRoot
	? /belongs to .*user 65534\), and this is run by root \(user 0\), who may not write to it\. Mend it: chown -R 0 \S+\n$/
	: /is yours, but you may not write to it\. Mend it: chmod u\+rwx? \S+\n$/;
