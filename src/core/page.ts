/** Items of a page: by default, and at most. */
export const defaultPageSize = 20;
export const maxPageSize = 100;

/** Where a list goes on: `cursor` is the opaque `nextCursor` of the page before, absent on the first. */
export type PageRequest = { limit: number; cursor?: string };

/** `nextCursor` is null on the last page. */
export type Page<T> = { items: T[]; nextCursor: string | null };
