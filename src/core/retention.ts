const day = 24 * 60 * 60 * 1000;

/** With what something is deleted that may be brought back. Without, it is gone at once. */
export type Bin = {
	at: Date;
	/** Whether its owner does it; what somebody else deletes, only administrators bring back. */
	byOwner: boolean;
	/** Bytes of pictures that one may have in the trash; of more, the oldest with one go for ever. */
	quota: number;
};

export type Undo = ReturnType<typeof undo>;

/** For how long what is deleted can be brought back. `days` 0 is not at all; `quota` is that of a user's pictures, in bytes. */
export function undo({ days, quota, now }: { days: number; quota: number; now: () => Date }) {
	return {
		quota,
		/** For a store to delete something with. */
		bin: (byOwner: boolean): Bin | undefined => (days === 0 ? undefined : { at: now(), byOwner, quota }),
		/** What was deleted before is gone. */
		since: () => new Date(now().getTime() - days * day),
		expiryOf: (deletedAt: Date) => new Date(deletedAt.getTime() + days * day),
	};
}
