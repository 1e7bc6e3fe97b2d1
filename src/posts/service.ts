import type { Caller } from "../auth/store";
import { AppError, notFound } from "../errors";
import type { Post, PostStore, Visibility } from "./store";

/** An empty title is none. */
export type Draft = {
	content: string;
	title?: string | null;
	visibility?: Visibility;
};

export type PostService = ReturnType<typeof postService>;

export const postService = ({ posts, now }: { posts: PostStore; now: () => Date }) => {
	const read = async (id: string, viewerId: string | null): Promise<Post> => {
		const post = await posts.byId(id, viewerId);
		if (!post) throw notFound("post");
		return post;
	};

	return {
		read,

		async create(author: Caller, { content, title, visibility = "public" }: Draft): Promise<Post> {
			const id = Bun.randomUUIDv7();
			await posts.create({
				id,
				authorId: author.id,
				title: title || null,
				content,
				visibility,
				createdAt: now(),
			});
			return read(id, author.id);
		},

		/** A change of who may see a post is no edit of it. */
		async update(actor: Caller, id: string, { content, title, visibility }: Partial<Draft>): Promise<Post> {
			const post = await read(id, actor.id);
			if (post.author.id !== actor.id) throw new AppError("forbidden", "Only its author may change a post.");
			const text = {
				content: content ?? post.content,
				title: title === undefined ? post.title : title || null,
			};
			const edited = text.content !== post.content || text.title !== post.title;
			await posts.update(id, {
				...text,
				visibility: visibility ?? post.visibility,
				editedAt: edited ? now() : post.editedAt,
			});
			return read(id, actor.id);
		},

		async remove(actor: Caller, id: string): Promise<void> {
			const post = await read(id, actor.id);
			if (post.author.id !== actor.id && actor.role !== "admin")
				throw new AppError("forbidden", "Only its author or an administrator may delete a post.");
			await posts.remove(id);
		},
	};
};
