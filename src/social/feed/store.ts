import type { Page, PageRequest } from "../../core/page";
import type { Post } from "../posts/store";

export type FeedStore = {
	/** The reader's own posts and those of everyone they follow, newest first. Throws `invalid` for a cursor that is not of this list. */
	page(readerId: string, page: PageRequest): Promise<Page<Post>>;
};
