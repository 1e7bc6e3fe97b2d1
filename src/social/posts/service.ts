import type { AuditLog } from "../../accounts/audit/service";
import type { Caller } from "../../core/caller";
import { AppError, invalid, notFound } from "../../core/errors";
import type { Retention } from "../../core/retention";
import { asName, isBlank, shownText } from "../../core/text";
import { requireSecretName } from "../../media/files";
import type { MediaService } from "../../media/service";
import type { Post, PostChanges, PostStore, Visibility } from "./store";

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
	media: Pick<MediaService, "keep" | "release" | "collectSoon">;
	auditLog: AuditLog;
	retention: Retention;
	/** Goes on with deleting what is too large for one write; see `TrashStore.resume`. */
	finishDeleting: () => Promise<void>;
	now: () => Date;
};

export const postService = ({ posts, media, auditLog, retention, finishDeleting, now }: Dependencies) => {
	const read = async (id: string, viewerId: string | null): Promise<Post> => {
		const post = await posts.byId(id, viewerId);
		if (!post) throw notFound("post");
		return post;
	};

	/** The changes of a draft to a post. Throws `forbidden` to all but the author, and `invalid`. */
	const changesOf = (
		post: Post,
		actor: Caller,
		{ image, title = post.title, imageAlt, ...draft }: Draft,
	): PostChanges => {
		if (post.author.id !== actor.id) throw new AppError("forbidden", "Only its author may change a post.");
		const hasImage = image !== null && Boolean(image ?? post.image);
		// A post of an older version may show nothing; its author may still hide it.
		const showsSame = draft.content === undefined && image === undefined;
		if (!showsSame) requireContent(draft.content ?? post.content, hasImage);
		requirePicture(hasImage, imageAlt);
		const changes = {
			...draft,
			title,
			imageAlt: hasImage ? (imageAlt ?? (image ? "" : (post.image?.alt ?? ""))) : null,
		};
		return isEdit(post, image, changes) ? { ...changes, editedAt: now() } : changes;
	};

	return {
		read,

		/** Without a picture, there has to be text. */
		async create(author: Caller, draft: Draft): Promise<Post> {
			const { content = "", title = null, visibility = "public", image, imageAlt } = tidied(draft);
			requireContent(content, Boolean(image));
			requirePicture(Boolean(image), imageAlt);
			const id = Bun.randomUUIDv7();
			await media.keep(image, { kind: "post", isPublic: visibility === "public" }, async (image) => {
				const alt = image ? (imageAlt ?? "") : null;
				const post = { id, authorId: author.id, title, content, visibility, createdAt: now() };
				await posts.create({ ...post, image, imageAlt: alt }, author);
				return null;
			});
			return read(id, author.id);
		},

		async update(actor: Caller, id: string, given: Draft): Promise<Post> {
			const draft = tidied(given);
			// Refuses before the picture is rendered; the transaction decides again, since the post may change meanwhile.
			const post = await read(id, actor.id);
			const { visibility = post.visibility } = changesOf(post, actor, draft);
			await media.keep(draft.image, { kind: "post", isPublic: visibility === "public" }, async (image) => {
				let replaced: string | undefined;
				const decide = (current: Post) => {
					const changes = changesOf(current, actor, draft);
					requireSecretName(image, (changes.visibility ?? current.visibility) === "public");
					if (image !== undefined) replaced = current.image?.name;
					return { ...changes, image };
				};
				await posts.change(id, actor.id, decide, actor);
				return replaced;
			});
			return read(id, actor.id);
		},

		async remove(actor: Caller, id: string, address: string): Promise<void> {
			const post = await read(id, actor.id);
			if (post.author.id !== actor.id && actor.role !== "admin")
				throw new AppError("forbidden", "Only its author or an administrator may delete a post.");
			const isOwn = post.author.id === actor.id;
			await posts.remove(id, retention.bin(isOwn), actor);
			if (!isOwn) await auditLog.record("post_deleted", { id: actor.id, address }, post.author.id);
			await finishDeleting();
			if (post.image) await media.release(post.image.name);
			else media.collectSoon(); // a picture may have come since the post was read
		},
	};
};

/** A draft as it is kept: a text that shows nothing is empty. */
const tidied = ({ content, title, imageAlt, ...draft }: Draft): Draft => ({
	...draft,
	...(content !== undefined && { content: shownText(content) }),
	...(title !== undefined && { title: asName(title ?? "") || null }),
	...(imageAlt !== undefined && { imageAlt: shownText(imageAlt) }),
});

/** True when readers see another post. A change of visibility is no edit. */
const isEdit = (post: Post, image: Blob | null | undefined, { content = post.content, title, imageAlt }: PostChanges) =>
	content !== post.content ||
	title !== post.title ||
	(image !== undefined && (image ?? post.image) !== null) ||
	imageAlt !== (post.image?.alt ?? null);

function requireContent(content: string, hasImage: boolean) {
	if (!hasImage && isBlank(content))
		throw invalid(
			"/content",
			"Must be 1 to 5000 characters that are not all white space or invisible, where there is no picture.",
		);
}

function requirePicture(hasImage: boolean, imageAlt: string | undefined) {
	if (!hasImage && imageAlt) throw invalid("/image_alt", "There is no picture to describe.");
}
