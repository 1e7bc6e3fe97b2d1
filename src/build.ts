import { rmSync } from "node:fs";
import { join } from "node:path";
import { version } from "../package.json";

/**
 * `bun run build` makes the executable for this machine, dist/minifeed. `bun run build --all` also one for each
 * system that Bun compiles for, packed with LICENSE and README, and SHA256SUMS over the archives.
 */

const root = join(import.meta.dir, "..");
const dist = join(root, "dist");
const targets = [
	"bun-linux-x64",
	"bun-linux-arm64",
	"bun-linux-x64-musl",
	"bun-linux-arm64-musl",
	"bun-darwin-x64",
	"bun-darwin-arm64",
	"bun-windows-x64",
] as const;
type Target = (typeof targets)[number];

const commit = process.env.COMMIT ?? (await commitOf(root)); // an image is built without .git
const builtAt = new Date().toISOString();
await compile(join(dist, "minifeed"));
if (process.argv.includes("--all")) await buildAll();

async function buildAll() {
	const sums: string[] = [];
	for (const target of targets) {
		const executable = target.includes("windows") ? "minifeed.exe" : "minifeed";
		const path = join(dist, target, executable);
		await compile(path, target);
		const archive = `minifeed-${version}-${target.replace("bun-", "")}.tar.gz`;
		const packed = await pack({
			[executable]: path,
			LICENSE: join(root, "LICENSE"),
			"README.md": join(root, "README.md"),
		});
		await Bun.write(join(dist, archive), packed);
		rmSync(join(dist, target), { recursive: true });
		sums.push(`${new Bun.CryptoHasher("sha256").update(packed).digest("hex")}  ${archive}`);
	}
	await Bun.write(join(dist, "SHA256SUMS"), `${sums.join("\n")}\n`);
}

async function compile(outfile: string, target?: Target) {
	await Bun.build({
		// The first is what runs; the others are threads of their own, which are found by their names beside the chunks.
		entrypoints: ["main.ts", "db/sqlite/checkpointer.ts", "cli/upgrade.worker.ts"].map((file) =>
			join(root, "src", file),
		),
		naming: { entry: "[name].[ext]" },
		// As an ES module: plain bytecode would write this machine's paths into the executable.
		format: "esm",
		bytecode: true,
		// In chunks: a server never touches what only `seed` or a terminal needs.
		splitting: true,
		// Syntax only. Elysia reads the names of classes and the text of functions: with shorter names it silently checks less.
		minify: { syntax: true, whitespace: false, identifiers: false },
		define: {
			"process.env.NODE_ENV": '"production"',
			BUILD_COMMIT: JSON.stringify(commit),
			BUILT_AT: JSON.stringify(builtAt),
		},
		compile: {
			outfile,
			...(target ? { target } : {}),
			// A bunfig.toml in the directory it is started from could have it run anything.
			autoloadBunfig: false,
		},
	});
	console.log(`${outfile.slice(root.length + 1)}  ${(Bun.file(outfile).size / 1e6).toFixed(0)} MB`);
}

/** A .tar.gz of files, by the names they have in it, in one folder. */
async function pack(files: Record<string, string>): Promise<Uint8Array> {
	const entries = Object.entries(files).map(async ([name, path]) => ({
		name: `minifeed-${version}/${name}`,
		data: await Bun.file(path).bytes(),
		attrs: { mode: name.startsWith("minifeed") ? "755" : "644" },
	}));
	// Only here: the executable for this machine is made without the development dependencies, too.
	const { createTarGzip } = await import("nanotar");
	return createTarGzip(await Promise.all(entries));
}

/** Empty outside of a git checkout. */
async function commitOf(directory: string): Promise<string> {
	const { exitCode, stdout } = await Bun.$`git -C ${directory} rev-parse --short HEAD`.quiet().nothrow();
	return exitCode === 0 ? stdout.toString().trim() : "";
}
