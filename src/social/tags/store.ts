import type { Page, PageRequest } from "../../core/page";

/** `postCount` counts public posts only, and a tag that none has is in no list: nothing tells of posts that are hidden. */
export type Tag = { name: string; postCount: number };

export type TagStore = {
	/**
	 * Tags whose names start with `prefix`, which is as tags are compared, by name; or, with `since`, those used from then
	 * on, the one that most people used first. Throws `invalid` for a cursor of another list.
	 */
	page(list: { prefix: string; since?: Date }, page: PageRequest): Promise<Page<Tag>>;
};
