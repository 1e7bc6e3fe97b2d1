const day = 24 * 60 * 60 * 1000;

/** Makes a deletion one that can be restored. Without it, a store deletes permanently. */
export type MoveToTrash = {
	at: Date;
	/** True when the owner deletes it. Only administrators restore what another person deleted. */
	byOwner: boolean;
	/** Maximum bytes of pictures in one person's trash. Above it, the oldest entries with a picture are deleted permanently. */
	quota: number;
};

export type Retention = ReturnType<typeof createRetention>;

/**
 * Decides how long deleted posts, comments and accounts can be restored. With 0 `days` each deletion is permanent.
 * `quota` is the quota for a user's pictures, in bytes.
 */
export function createRetention({ days, quota, now }: { days: number; quota: number; now: () => Date }) {
	return {
		quota,
		/** The argument of a store that deletes. Undefined when deletions are permanent. */
		moveToTrash: (byOwner: boolean): MoveToTrash | undefined =>
			days === 0 ? undefined : { at: now(), byOwner, quota },
		/** Entries from before this time have expired. */
		since: () => new Date(now().getTime() - days * day),
		expiryOf: (deletedAt: Date) => new Date(deletedAt.getTime() + days * day),
	};
}
