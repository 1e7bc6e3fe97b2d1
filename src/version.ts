import { version } from "../package.json";

/** Written into the executable by `build.ts`; running from source there is none. */
declare const BUILD_COMMIT: string | undefined;

export { version };

/** The commit that the executable was built from, abbreviated; null when it runs from source. */
export const commit: string | null = (typeof BUILD_COMMIT === "string" && BUILD_COMMIT) || null;

/** As the program calls itself. */
export const name = commit ? `minifeed ${version} (${commit})` : `minifeed ${version}`;
