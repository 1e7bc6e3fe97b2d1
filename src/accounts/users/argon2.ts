import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Hashes with argon2id, as PHC strings with `p=1`. All implementations accept each other's hashes. */
export type Argon2 = {
	hash(password: string, costs: Argon2Costs): Promise<string>;
	/** Throws for a string that is not a hash. */
	verify(password: string, hash: string): Promise<boolean>;
};
export type Argon2Costs = {
	/** 8 to 1,048,576 KiB. */
	memoryKib: number;
	/** 1 to 32. */
	passes: number;
};

/** Part of Bun. It needs more than twice the CPU time of the native library. */
export const bunArgon2: Argon2 = {
	hash: (password, { memoryKib, passes }) =>
		Bun.password.hash(password, { algorithm: "argon2id", memoryCost: memoryKib, timeCost: passes }),
	verify: (password, hash) => Bun.password.verify(password, hash),
};

type Library = Pick<typeof import("@node-rs/argon2"), "hash" | "verify">;

const nativeArgon2 = (library: Library): Argon2 => ({
	hash: (password, { memoryKib, passes }) =>
		library.hash(password, { memoryCost: memoryKib, timeCost: passes, parallelism: 1 }),
	// Bun decides about each string that the library cannot parse, so that both implementations give the same result.
	verify: (password, hash) => library.verify(hash, password).catch(() => bunArgon2.verify(password, hash)),
});

/** `problem` says why the native library is not in use; it is null when the library is. */
export type LoadedArgon2 = { argon2: Argon2; problem: string | null };

/**
 * Loads `@node-rs/argon2`, in 1 to 3 ms, or falls back to Bun. An executable that cannot use the temporary directory
 * writes the library (0.7 MB) to `dataDir`, loads it and deletes the file.
 */
export async function loadArgon2(dataDir?: string): Promise<LoadedArgon2> {
	try {
		// The build replaces the package by the path of the embedded library; see build.ts.
		const { default: found } = (await import("@node-rs/argon2")) as unknown as { default: Library | string };
		const library = typeof found === "string" ? loadEmbedded(found, dataDir) : found;
		return { argon2: nativeArgon2(library), problem: null };
	} catch (error) {
		const [reason] = (error as Error).message.split(". ");
		return { argon2: bunArgon2, problem: `Bun hashes passwords, at more than twice the CPU time: ${reason}.` };
	}
}

/** Throws ERR_DLOPEN_FAILED or the error of the file system. */
function loadEmbedded(file: string, dataDir: string | undefined): Library {
	const module = { exports: {} as Library };
	try {
		// Bun unpacks the library to the temporary directory, where later processes use the same file again.
		process.dlopen(module, file);
	} catch (error) {
		if (dataDir === undefined) throw error;
		const path = join(dataDir, `.${crypto.randomUUID()}.part`);
		try {
			writeFileSync(path, readFileSync(file), { flag: "wx", mode: 0o600 });
			process.dlopen(module, path);
		} finally {
			rmSync(path, { force: true });
		}
	}
	return module.exports;
}

/** Loads the implementation at the first call, so that a start does not wait for it. `warn` gets the problem, once. */
export function lazyArgon2({ dataDir, warn }: { dataDir?: string; warn?: (problem: string) => void } = {}): Argon2 {
	let loading: Promise<Argon2> | undefined;
	const load = () => {
		loading ??= loadArgon2(dataDir).then(({ argon2, problem }) => {
			if (problem !== null) warn?.(problem);
			return argon2;
		});
		return loading;
	};
	return {
		hash: async (password, costs) => (await load()).hash(password, costs),
		verify: async (password, hash) => (await load()).verify(password, hash),
	};
}
