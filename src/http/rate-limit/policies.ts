/** Requests that a client may send at once. Used requests come back evenly within `seconds`. */
export type Quota = { requests: number; seconds: number };

/** The key of a quota. `caller` is the account, or the address of an anonymous client. */
type Share = "account" | "address" | "caller";
export type Policy = Quota & { per: Share };

const minute = 60;
const hour = 60 * minute;

/**
 * The limits of all requests. A person never reaches them; a program does within seconds.
 * A whole school may share one address, so a limit by address allows hundreds of people.
 */
export const policies = {
	/** Requests without a token: 600 people who each open a page of 20 requests a minute. A program sends as many in two seconds. */
	address: { requests: 12_000, seconds: minute, per: "address" },
	/** Requests with a token: a page of 20 requests every second, all day. */
	account: { requests: 1_200, seconds: minute, per: "account" },
	/** New accounts: a school that signs up in one lesson, then one every 12 seconds. Each costs a password hash. */
	register: { requests: 300, seconds: hour, per: "address" },
	/** New access tokens: 600 people with two open pages each, twice each half hour. */
	refresh: { requests: 2_400, seconds: hour, per: "address" },
	/** Wrong passwords from one address, for any account: one in ten of 600 people mistypes. Right passwords are free. */
	"login-address": { requests: 60, seconds: hour, per: "address" },
	/** Password confirmations, such as before an account is deleted. A thief of a token must not guess the password. */
	password: { requests: 10, seconds: hour, per: "account" },
	/** Changes of posts and of the profile. No person makes more than one a minute for hours. */
	post: { requests: 200, seconds: hour, per: "account" },
	/** Comments: one every ten seconds, without a pause. */
	comment: { requests: 360, seconds: hour, per: "account" },
	/** Likes, follows, their removal, and deletions: one a second, as in a long list. */
	react: { requests: 600, seconds: 10 * minute, per: "account" },
	/** Forms with a picture: an album at once. Each costs up to a second of one core, and disk space. */
	upload: { requests: 60, seconds: hour, per: "account" },
	/** Searches: five a second, which is fast typing. Anonymous people behind one address share them. Each may read much. */
	search: { requests: 300, seconds: minute, per: "caller" },
} as const satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policies | "login";

/**
 * The limits of password attempts by account; see login-throttle.ts. The delay doubles up to the longest one. An attacker
 * gets 100 attempts a day, however many addresses they have.
 */
export const login = {
	freeAttempts: 5,
	longestDelaySeconds: 15 * minute,
	/** Shorter: a second person at a trusted address can make the owner wait, but not for long. */
	longestTrustedDelaySeconds: minute,
	/** Failures count until this long after the last one. */
	forgetAfterSeconds: 24 * hour,
	/** How long an address stays trusted after its last use. */
	trustSeconds: 30 * 24 * hour,
	/** Per account; above it, the oldest is forgotten. */
	maxTrustedAddresses: 8,
};

/** Limits of the tables in memory; an entry takes about 150 bytes. */
export const maxEntries = { addresses: 50_000, accounts: 50_000, logins: 20_000 };
