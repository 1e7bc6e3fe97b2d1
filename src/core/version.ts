import { version } from "../../package.json";

/** Written into the executable by `build.ts`; running from source there is none. */
declare const BUILD_COMMIT: string | undefined;
declare const BUILT_AT: string | undefined;

export { version };

/** The commit that the executable was built from, abbreviated; null when it runs from source. */
export const commit: string | null = (typeof BUILD_COMMIT === "string" && BUILD_COMMIT) || null;

/**
 * When the executable was built: no clock that is right is earlier. From source it is a day before this version: raise it
 * with the version.
 */
export const builtAt = new Date(typeof BUILT_AT === "string" ? BUILT_AT : "2026-11-01T00:00:00.000Z");

/** As the program calls itself. */
export const name = commit ? `minifeed ${version} (${commit})` : `minifeed ${version}`;
