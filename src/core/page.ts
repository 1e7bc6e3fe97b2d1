/** Where a list goes on: `cursor` is the opaque `nextCursor` of the page before, absent on the first. */
export type PageRequest = { limit: number; cursor?: string };

/** `nextCursor` is null on the last page. */
export type Page<T> = { items: T[]; nextCursor: string | null };
