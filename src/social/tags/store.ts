import type { Page, PageRequest } from "../../core/page";

/**
 * `postCount` counts public posts only. Lists leave out tags without public posts, so that they reveal nothing about
 * hidden ones.
 */
export type Tag = { name: string; postCount: number };

export type TagStore = {
	/**
	 * Tags whose normalized names start with `prefix`, in the order of names. With `since`, only tags used since then, the
	 * one that most people used first. Throws `invalid` for a cursor of another list.
	 */
	page(list: { prefix: string; since?: Date }, page: PageRequest): Promise<Page<Tag>>;
};
