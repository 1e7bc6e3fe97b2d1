/** Default and maximum number of items of a page. */
export const defaultPageSize = 20;
export const maxPageSize = 100;

/** Position in a list: `cursor` is the opaque `nextCursor` of the page before, absent on the first page. */
export type PageRequest = { limit: number; cursor?: string };

/** `nextCursor` is null on the last page. */
export type Page<T> = { items: T[]; nextCursor: string | null };
