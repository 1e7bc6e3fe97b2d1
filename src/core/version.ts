import { version } from "../../package.json";

/** `build.ts` writes it into the executable. It is absent when run from source. */
declare const BUILD_COMMIT: string | undefined;
declare const BUILT_AT: string | undefined;

export { version };

/** The commit that the executable was built from, abbreviated; null when it runs from source. */
export const commit: string | null = (typeof BUILD_COMMIT === "string" && BUILD_COMMIT) || null;

/**
 * Build time of the executable: a correct clock is never earlier. From source it is a day before this version; raise it
 * with the version.
 */
export const builtAt = new Date(typeof BUILT_AT === "string" ? BUILT_AT : "2026-11-01T00:00:00.000Z");

/** Name and version of the program. */
export const name = commit ? `minifeed ${version} (${commit})` : `minifeed ${version}`;
