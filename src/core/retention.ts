const day = 24 * 60 * 60 * 1000;

/** With what something is deleted that may be brought back. Without, it is gone at once. */
export type MoveToTrash = {
	at: Date;
	/** True when the owner deletes it. Only administrators restore what another person deleted. */
	byOwner: boolean;
	/** Most bytes of pictures in one person's trash. Above it, the oldest entries with a picture are deleted permanently. */
	quota: number;
};

export type Retention = ReturnType<typeof createRetention>;

/**
 * The rule of how long deleted posts, comments and accounts can be restored. With 0 `days`, deleting is permanent at once.
 * `quota` is that of a user's pictures, in bytes.
 */
export function createRetention({ days, quota, now }: { days: number; quota: number; now: () => Date }) {
	return {
		quota,
		/** For a store to delete something with. */
		moveToTrash: (byOwner: boolean): MoveToTrash | undefined =>
			days === 0 ? undefined : { at: now(), byOwner, quota },
		/** What was deleted before is gone. */
		since: () => new Date(now().getTime() - days * day),
		expiryOf: (deletedAt: Date) => new Date(deletedAt.getTime() + days * day),
	};
}
