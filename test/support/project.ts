import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

export const repository = join(import.meta.dir, "../..");

/** A temporary folder below `node_modules`: compilers and linters find their packages from there. */
export function temporaryProject(name: string) {
	const cache = join(repository, "node_modules/.cache");
	mkdirSync(cache, { recursive: true });
	const directory = mkdtempSync(join(cache, `${name}-`));
	return {
		directory,
		write: (file: string, text: string) => Bun.write(join(directory, file), text),
		async run(script: string, ...args: string[]) {
			const child = Bun.spawn([process.execPath, join(repository, "node_modules", script), ...args], {
				cwd: directory,
				env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" },
				stdout: "pipe",
				stderr: "pipe",
			});
			const [stdout, stderr] = await Promise.all([
				new Response(child.stdout).text(),
				new Response(child.stderr).text(),
			]);
			return { code: await child.exited, stdout, stderr };
		},
		remove: () => rmSync(directory, { recursive: true, force: true }),
	};
}
