import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BunPlugin } from "bun";
import { version } from "../package.json";

/**
 * `bun run build` makes the executable for this machine, dist/minifeed. `bun run build --all` also makes one for each
 * system that Bun compiles for, packed with LICENSE and README, and SHA256SUMS over the archives. It needs the native
 * packages of all systems: `bun install --cpu='*' --os='*' --libc='*'`.
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

const isAll = process.argv.includes("--all");
if (isAll) for (const target of targets) libraryOf(target); // fails before minutes of compiling
const commit = process.env.COMMIT ?? (await commitOf(root)); // an image is built without .git
const builtAt = new Date().toISOString();
const apiTexts = await generateApiTexts();
await compile(join(dist, "minifeed"));
if (isAll) await buildAll();

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

async function compile(outfile: string, target: Target | "this machine" = "this machine") {
	await Bun.build({
		// The first is the program. The others are workers, which the program finds by name beside the chunks.
		entrypoints: ["main.ts", "db/sqlite/durability/checkpoint.worker.ts", "server/upgrade.worker.ts"].map((file) =>
			join(root, "src", file),
		),
		naming: { entry: "[name].[ext]" },
		// ES modules, because bytecode of CommonJS would contain the paths of this machine.
		format: "esm",
		bytecode: true,
		// In chunks, so a server does not load code that only `seed` or a terminal needs.
		splitting: true,
		// Syntax only. Elysia reads class names and the source of functions: with shorter names it silently validates less.
		minify: { syntax: true, whitespace: false, identifiers: false },
		define: {
			"process.env.NODE_ENV": '"production"',
			BUILD_COMMIT: JSON.stringify(commit),
			BUILT_AT: JSON.stringify(builtAt),
		},
		plugins: [embedArgon2(target), embedApiTexts()],
		compile: {
			outfile,
			...(target === "this machine" ? {} : { target }),
			// A bunfig.toml in the working directory could make the executable run any code.
			autoloadBunfig: false,
			// The server reads `.env` itself. Bun would expand `$` and read other files too.
			autoloadDotenv: false,
		},
	});
	console.log(`${outfile.slice(root.length + 1)}  ${(Bun.file(outfile).size / 1e6).toFixed(0)} MB`);
}

async function generateApiTexts() {
	process.env.NODE_ENV = "production"; // as in the executable; Elysia reads it when it is first imported
	const [{ memoryApp }, { generate }] = await Promise.all([import("./testing/memory"), import("./http/docs/generate")]);
	const { app, stores } = memoryApp({});
	const texts = await generate(app);
	await stores.close();
	return texts;
}

/** Replaces the generator of /openapi.json and /client.ts with the generated texts. */
function embedApiTexts(): BunPlugin {
	return {
		name: "embed-api-texts",
		setup(build) {
			build.onLoad({ filter: /docs.generate\.ts$/ }, () => ({
				contents: `export const generate = async () => (${JSON.stringify(apiTexts)});`,
				loader: "js",
			}));
		},
	};
}

/**
 * Replaces `@node-rs/argon2` with the embedded library for one system. The package's own loader detects the C library at
 * run time and would need the libraries of all systems.
 */
function embedArgon2(target: Target | "this machine"): BunPlugin {
	const library = libraryOf(target);
	return {
		name: "embed-argon2",
		setup(build) {
			build.onResolve({ filter: /^@node-rs\/argon2$/ }, () => ({ path: library }));
			build.onLoad({ filter: /argon2\.[\w-]+\.node$/ }, async ({ path }) => ({
				contents: await Bun.file(path).bytes(),
				loader: "file",
			}));
		},
	};
}

/** Path of the native argon2 library for a system. Ends the build with a message if its package is missing. */
function libraryOf(target: Target | "this machine"): string {
	const [, os = "", arch = "", libc] = (target === "this machine" ? thisMachine() : target).split("-");
	const suffix = { linux: libc === "musl" ? "-musl" : "-gnu", windows: "-msvc" }[os] ?? "";
	const name = `@node-rs/argon2-${os.replace("windows", "win32")}-${arch}${suffix}`;
	try {
		return Bun.resolveSync(name, dirname(Bun.resolveSync("@node-rs/argon2", root)));
	} catch {
		console.error(`${name} is missing. Install it: bun install --cpu='*' --os='*' --libc='*'`);
		process.exit(1);
	}
}

function thisMachine(): string {
	const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
	const isMusl = process.platform === "linux" && header.glibcVersionRuntime === undefined;
	return `bun-${process.platform.replace("win32", "windows")}-${process.arch}${isMusl ? "-musl" : ""}`;
}

/** Packs files into a .tar.gz with one folder. The keys are the names in the archive. */
async function pack(files: Record<string, string>): Promise<Uint8Array> {
	const entries = Object.entries(files).map(async ([name, path]) => ({
		name: `minifeed-${version}/${name}`,
		data: await Bun.file(path).bytes(),
		attrs: { mode: name.startsWith("minifeed") ? "755" : "644" },
	}));
	// Imported here, because the build for this machine works without development dependencies.
	const { createTarGzip } = await import("nanotar");
	return createTarGzip(await Promise.all(entries));
}

/** The short commit hash; empty outside of a git checkout. */
async function commitOf(directory: string): Promise<string> {
	const { exitCode, stdout } = await Bun.$`git -C ${directory} rev-parse --short HEAD`.quiet().nothrow();
	return exitCode === 0 ? stdout.toString().trim() : "";
}
