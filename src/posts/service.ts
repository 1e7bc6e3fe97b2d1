import type { Trail } from "../audit/service";
import type { Caller } from "../auth/store";
import { AppError, invalid, notFound } from "../errors";
import type { MediaService } from "../media/service";
import type { Undo } from "../trash/service";
import type { Post, PostStore, Visibility } from "./store";

/** An empty title is none. */
export type Draft = {
	content?: string;
	title?: string | null;
	visibility?: Visibility;
	/** As it was sent. */
	image?: Blob | null;
	/** Goes with its picture: a new one starts without. */
	imageAlt?: string;
};

export type PostService = ReturnType<typeof postService>;

type Dependencies = {
	posts: PostStore;
	media: Pick<MediaService, "keep" | "collect">;
	record: Trail;
	undo: Undo;
	now: () => Date;
};

export const postService = ({ posts, media, record, undo, now }: Dependencies) => {
	const read = async (id: string, viewerId: string | null): Promise<Post> => {
		const post = await posts.byId(id, viewerId);
		if (!post) throw notFound("post");
		return post;
	};

	return {
		read,

		/** Without a picture, there has to be text. */
		async create(
			author: Caller,
			{ content = "", title, visibility = "public", image, imageAlt }: Draft,
		): Promise<Post> {
			if (!image && isBlank(content)) throw noText;
			const id = Bun.randomUUIDv7();
			await media.keep(image, { kind: "post", isPublic: visibility === "public" }, (image) =>
				posts.create({
					id,
					authorId: author.id,
					title: title || null,
					content,
					visibility,
					image,
					imageAlt: image ? (imageAlt ?? "") : null,
					createdAt: now(),
				}),
			);
			return read(id, author.id);
		},

		/** A change of who may see a post is no edit of it. */
		async update(actor: Caller, id: string, { image, ...draft }: Draft): Promise<Post> {
			const post = await read(id, actor.id);
			if (post.author.id !== actor.id) throw new AppError("forbidden", "Only its author may change a post.");
			const hasImage = image !== null && Boolean(image ?? post.image);
			const content = draft.content ?? post.content;
			const title = draft.title === undefined ? post.title : draft.title || null;
			const visibility = draft.visibility ?? post.visibility;
			const imageAlt = hasImage ? (draft.imageAlt ?? (image ? "" : (post.image?.alt ?? ""))) : null;
			if (!hasImage && isBlank(content)) throw noText;
			if (!hasImage && draft.imageAlt) throw invalid("/image_alt", "There is no picture to describe.");

			const edited =
				content !== post.content ||
				title !== post.title ||
				(image !== undefined && (image ?? post.image) !== null) ||
				imageAlt !== (post.image?.alt ?? null);
			const editedAt = edited ? now() : post.editedAt;
			await media.keep(image, { kind: "post", isPublic: visibility === "public" }, (image) =>
				posts.update(id, { content, title, visibility, image, imageAlt, editedAt }),
			);
			return read(id, actor.id);
		},

		async remove(actor: Caller, id: string, address: string): Promise<void> {
			const post = await read(id, actor.id);
			if (post.author.id !== actor.id && actor.role !== "admin")
				throw new AppError("forbidden", "Only its author or an administrator may delete a post.");
			const isOwn = post.author.id === actor.id;
			await posts.remove(id, undo.bin(isOwn));
			if (!isOwn) await record("post_deleted", { id: actor.id, address }, post.author.id);
			if (post.image) await media.collect();
		},
	};
};

const isBlank = (text: string) => text.trim() === "";
const noText = invalid(
	"/content",
	"Must be 1 to 5000 characters that are not all white space, where there is no picture.",
);
