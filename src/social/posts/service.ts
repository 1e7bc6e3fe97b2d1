import type { AuditLog } from "../../accounts/audit/service";
import type { Caller } from "../../core/caller";
import { invalid, notFound } from "../../core/errors";
import { type Authorized, authorize } from "../../core/permissions";
import type { Retention } from "../../core/retention";
import { asName, isBlank, shownText } from "../../core/text";
import { requireUnguessableName } from "../../media/files";
import type { MediaService } from "../../media/service";
import type { Post, PostChanges, PostStore, Visibility } from "./store";

/** An empty title means no title. */
export type Draft = {
	content?: string;
	title?: string | null;
	visibility?: Visibility;
	/** The uploaded file. */
	image?: Blob | null;
	/** Belongs to the picture: a new picture starts without. */
	imageAlt?: string;
};

export type PostService = ReturnType<typeof postService>;

type Editable = Authorized<"posts.edit", Post>;

type Dependencies = {
	posts: PostStore;
	media: Pick<MediaService, "keep" | "release" | "collectSoon">;
	auditLog: AuditLog;
	retention: Retention;
	/** Continues deletions that are too large for one transaction; see `TrashStore.resume`. */
	finishDeleting: () => Promise<void>;
	now: () => Date;
};

export const postService = ({ posts, media, auditLog, retention, finishDeleting, now }: Dependencies) => {
	const read = async (id: string, viewerId: string | null): Promise<Post> => {
		const post = await posts.byId(id, viewerId);
		if (!post) throw notFound("post");
		return post;
	};

	/** Computes the changes that a draft makes to a post. Throws `invalid`. */
	const changesOf = (
		{ subject: post }: Editable,
		{ image, title = post.title, imageAlt, ...draft }: Draft,
	): PostChanges => {
		const hasImage = image !== null && Boolean(image ?? post.image);
		// Older versions stored posts without text and picture. Their authors may still change the visibility.
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

		/** Throws `not_found` for a post that the actor may not see, and `forbidden`. */
		async authorized<P extends "posts.edit" | "posts.delete">(permission: P, actor: Caller, id: string) {
			const post = await read(id, actor.id);
			return authorize(permission, actor, { subject: post, ownerId: post.author.id });
		},

		/** A post without a picture needs text. Throws `invalid`. */
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

		async update(post: Editable, given: Draft): Promise<Post> {
			const draft = tidied(given);
			const { actor, subject } = post;
			// Refuses before rendering. The transaction checks again, since the post may change meanwhile.
			const { visibility = subject.visibility } = changesOf(post, draft);
			await media.keep(draft.image, { kind: "post", isPublic: visibility === "public" }, async (image) => {
				let replaced: string | undefined;
				const decide = (current: Post) => {
					const changes = changesOf(editable(actor, current), draft);
					requireUnguessableName(image, (changes.visibility ?? current.visibility) === "public");
					if (image !== undefined) replaced = current.image?.name;
					return { ...changes, image };
				};
				await posts.change(subject.id, actor.id, decide, actor);
				return replaced;
			});
			return read(subject.id, actor.id);
		},

		async remove({ subject: post, actor, isOwn }: Authorized<"posts.delete", Post>, address: string): Promise<void> {
			await posts.remove(post.id, retention.moveToTrash(isOwn), actor);
			if (!isOwn) await auditLog.record("post_deleted", { id: actor.id, address }, post.author.id);
			await finishDeleting();
			if (post.image) await media.release(post.image.name);
			else media.collectSoon(); // the author may have added a picture since the read
		},
	};
};

const editable = (actor: Caller, post: Post): Editable =>
	authorize("posts.edit", actor, { subject: post, ownerId: post.author.id });

/** Normalizes a draft. Text without visible characters becomes empty. */
const tidied = ({ content, title, imageAlt, ...draft }: Draft): Draft => ({
	...draft,
	...(content !== undefined && { content: shownText(content) }),
	...(title !== undefined && { title: asName(title ?? "") || null }),
	...(imageAlt !== undefined && { imageAlt: shownText(imageAlt) }),
});

/** True when the change is visible to readers. A new visibility is not an edit. */
const isEdit = (post: Post, image: Blob | null | undefined, { content = post.content, title, imageAlt }: PostChanges) =>
	content !== post.content ||
	title !== post.title ||
	(image !== undefined && (image ?? post.image) !== null) ||
	imageAlt !== (post.image?.alt ?? null);

function requireContent(content: string, hasImage: boolean) {
	if (!hasImage && isBlank(content))
		throw invalid(
			"/content",
			"Must be 1 to 5000 characters, at least one of them visible, when the post has no picture.",
		);
}

function requirePicture(hasImage: boolean, imageAlt: string | undefined) {
	if (!hasImage && imageAlt) throw invalid("/image_alt", "There is no picture to describe.");
}
