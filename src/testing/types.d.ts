// The types of minifeed/testing for other projects. A front end compiles this file and no source of the server: it needs
// only the types of the web, whatever its compiler options. `testing.ts` and its test hold it to the code.
/// <reference lib="esnext.disposable" />

/** The answer of `POST /auth/login`. */
export type Session = {
	access_token: string;
	token_type: "bearer";
	/** Seconds. */
	expires_in: number;
	refresh_token: string;
	/** Seconds. */
	refresh_expires_in: number;
	user: Me;
};

/** The own account of the person who signed in. */
export type Me = {
	id: string;
	username: string;
	display_name: string;
	avatar_url: string | null;
	avatar_thumbnail_url: string | null;
	bio: string;
	created_at: string;
	updated_at: string;
	followers_count: number;
	following_count: number;
	posts_count: number;
	viewer: { following: boolean; followed_by: boolean } | null;
	email: string;
	role: "user" | "admin";
	state: "active" | "pending" | "suspended";
};

export type TestAppOptions = {
	/** How many people; 20 by default. */
	users?: number;
	/** How many posts; 100 by default. */
	posts?: number;
	/** Another number gives another community; 1 by default. */
	seed?: number;
};

export type Duration = { days?: number; hours?: number; minutes?: number; seconds?: number };

export type TestApp = {
	/** Stands in for the global `fetch`. Every address is the app's, whatever its origin; a path is enough. */
	fetch: typeof globalThis.fetch;

	/** Signs in, by default as `ada`. All people of the community have the same password. */
	signIn(username?: string, password?: string): Promise<Session>;

	clock: {
		/** The app's time. It stands still until you move it. */
		now: Date;
		advance(duration: Duration): void;
	};

	/** The usernames of the community, `ada` first. */
	people: string[];

	close(): Promise<void>;
	[Symbol.asyncDispose](): Promise<void>;
};

/**
 * Makes the whole API in memory, with a small community in it, for the tests of a front end. Each call makes an app of its
 * own; the same options make the same people and posts.
 */
export declare function createTestApp(options?: TestAppOptions): Promise<TestApp>;
