import type { Page, PageRequest } from "../../core/page";
import type { Post } from "../posts/store";

export type FeedStore = {
	/**
	 * The posts of the reader and of all accounts that they follow, newest first. Throws `invalid` for a cursor of another
	 * list.
	 */
	page(readerId: string, page: PageRequest): Promise<Page<Post>>;
};
