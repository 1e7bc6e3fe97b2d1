/** So many requests at once; what is used comes back evenly, all of it within the seconds. */
export type Quota = { requests: number; seconds: number };

/** Who shares a quota: an account, an address, or whichever of the two a caller is known by. */
type Share = "account" | "address" | "caller";
export type Policy = Quota & { per: Share };

const minute = 60;
const hour = 60 * minute;

/**
 * What anybody may do how often. A person never meets these numbers and a program does within seconds; each says why it
 * is what it is. A whole school may sit behind one address, so what is counted by address is meant for hundreds of people.
 */
export const policies = {
	/** Everything that comes without a token: 600 people who open a page of 20 requests a minute. A program sends as many in two seconds. */
	address: { requests: 12_000, seconds: minute, per: "address" },
	/** Everything that comes with a token: a page of 20 requests every second, all day. */
	account: { requests: 1_200, seconds: minute, per: "account" },
	/** New accounts: a school that signs up in one lesson, then one more every 12 seconds. Each costs a password hash. */
	register: { requests: 300, seconds: hour, per: "address" },
	/** New access tokens: 600 people who open as many pages as one after the other, twice each half hour. */
	refresh: { requests: 2_400, seconds: hour, per: "address" },
	/** Wrong passwords from an address, whosever: one in ten of 600 mistypes. Right ones cost nothing. See login-throttle.ts. */
	"login-address": { requests: 60, seconds: hour, per: "address" },
	/** The password again, before an account is deleted: whoever has got hold of a token shall not guess it. */
	password: { requests: 10, seconds: hour, per: "account" },
	/** Writing and changing posts and the profile: more than one a minute for hours is no person. */
	post: { requests: 200, seconds: hour, per: "account" },
	/** A lively evening: one every ten seconds, without end. */
	comment: { requests: 360, seconds: hour, per: "account" },
	/** Likes, follows, taking them back, and deleting: going through a long list, one a second. */
	react: { requests: 600, seconds: 10 * minute, per: "account" },
	/** Forms, which bring pictures: an album at once. Each costs up to a second of a core and room on the disk. */
	upload: { requests: 60, seconds: hour, per: "account" },
	/** Searches: five a second, which is fast typing; of strangers those of a class together. Each may read much. */
	search: { requests: 300, seconds: minute, per: "caller" },
} as const satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policies | "login";

/**
 * Guesses at a password, by account and not by request: see login-throttle.ts for what follows after the free ones.
 * Seconds between guesses double up to the longest; a guesser gets 100 a day and not one more for each address they have.
 */
export const login = {
	free: 5,
	longestDelay: 15 * minute,
	/** Where the account is known to be at home: somebody else there can make its owner wait, but not for long. */
	longestDelayAtHome: minute,
	/** Failures count until this long after the last one. */
	forgottenAfter: 24 * hour,
	/** How long an address is an account's home after it was last used there, and how many an account has. */
	homeFor: 30 * 24 * hour,
	homes: 8,
};

/** How much is remembered at most, in entries; each takes about 150 bytes. */
export const room = { addresses: 50_000, accounts: 50_000, logins: 20_000 };
