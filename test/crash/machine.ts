import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the executable is run on: a folder for everything, and disks that lose their power. */
export function machine(executable: string) {
	const directory = mkdtempSync(join(tmpdir(), "minifeed-crash-"));
	const mounted = new Set<string>();
	const running = new Set<Bun.Subprocess>();
	let disks = 0;

	/** Starts the executable on a data directory. */
	const start = (data: string, ...args: string[]) => {
		const child = Bun.spawn([executable, ...args], {
			cwd: directory,
			env: {
				DATA_DIR: data,
				PORT: "0",
				RATE_LIMIT: "off",
				ARGON2_MEMORY_KIB: "8",
				ARGON2_TIME: "1",
				MIN_FREE_BYTES: "0",
			},
			stdout: "pipe",
			stderr: args.length === 0 ? "inherit" : "pipe",
		});
		running.add(child);
		void child.exited.then(() => running.delete(child));
		return child;
	};

	const mount = (disk: string) => {
		const folder = join(directory, `mounted-${disks++}`);
		mkdirSync(folder);
		run("mount", "-o", "loop", disk, folder);
		mounted.add(folder);
		return folder;
	};

	const unmount = (folder: string) => {
		run("umount", folder);
		mounted.delete(folder);
	};

	const copyOf = (disk: string) => {
		const copy = join(directory, `disk-${disks++}`);
		run("cp", "--sparse=always", disk, copy);
		return copy;
	};

	return {
		directory,
		start,
		mount,
		unmount,
		copyOf,

		/** A new file with an ext4 in it. */
		disk() {
			const disk = join(directory, `disk-${disks++}`);
			run("truncate", "--size=1G", disk);
			run("mkfs.ext4", "-q", disk);
			return disk;
		},

		/** Runs a command to its end. Throws Error with what it says when it is refused. */
		async command(data: string, ...args: string[]) {
			const child = start(data, ...args);
			const { stderr } = child;
			if ((await child.exited) !== 0 && stderr instanceof ReadableStream)
				throw new Error(`${args.join(" ")}: ${await new Response(stderr).text()}`);
		},

		/** Starts a server, and gives it when it answers. */
		async serve(data: string) {
			mkdirSync(data, { recursive: true });
			const child = start(data);
			const decoder = new TextDecoder();
			let printed = "";
			const reader = child.stdout.getReader();
			for (;;) {
				const { value, done } = await reader.read();
				printed += decoder.decode(value, { stream: true });
				const address = /listening on +(http:[^\s"]+)/.exec(printed)?.[1];
				if (address) {
					void drain(reader);
					return { child, address };
				}
				if (done) throw new Error(`It did not start: ${printed}`);
			}
		},

		/**
		 * Cuts the power: stops what runs where it stands and gives a copy of the disk, which has only what reached it. What
		 * ran is ended, and the disk gone. Gives also how it would have ended by then; null when it still ran.
		 */
		async cut(child: Bun.Subprocess, { disk, folder }: { disk: string; folder: string }) {
			child.kill("SIGSTOP");
			const left = copyOf(disk);
			const code = child.exitCode;
			child.kill("SIGKILL");
			await child.exited;
			unmount(folder);
			rmSync(disk);
			return { left, code };
		},

		cleanUp() {
			for (const child of running) child.kill("SIGKILL");
			for (const folder of mounted) Bun.spawnSync(["umount", "--lazy", folder]);
			rmSync(directory, { recursive: true, force: true });
		},
	};
}
export type Machine = ReturnType<typeof machine>;

/** What was looked at, and how much of it was not as it has to be. */
export type Totals = { looked: number; wrong: number };

function run(...command: string[]) {
	const { exitCode, stderr } = Bun.spawnSync(command);
	if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
}

async function drain(reader: { read(): Promise<{ done: boolean }> }) {
	while (!(await reader.read()).done);
}
