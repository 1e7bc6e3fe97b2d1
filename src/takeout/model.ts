import { presentAccount } from "../accounts/users/model";
import type { Account } from "../accounts/users/store";
import type { Follow, OwnComment, OwnEvent, OwnLike, OwnPost, OwnSession, OwnToken } from "./store";

// What is in the files of an export. Names and times are those of the API.

/** A picture, and where it is among the files; null when the server had it no more. */
type Picture = { file: string | null; width: number; height: number };

export const presentOwnAccount = (account: Account, avatar: Picture | null) => ({
	...presentAccount(account),
	avatar: avatar && { file: avatar.file, width: avatar.width, height: avatar.height },
});

export const presentToken = ({ name, scope, createdAt, expiresAt }: OwnToken) => ({
	name,
	scopes: scope === "write" ? ["read", "write"] : ["read"],
	created_at: createdAt.toISOString(),
	expires_at: expiresAt?.toISOString() ?? null,
});

export const presentEvent = ({ at, action, byMe, address }: OwnEvent) => ({
	at: at.toISOString(),
	action,
	by_me: byMe,
	address,
});

export const presentSession = ({ createdAt, expiresAt, device, address }: OwnSession) => ({
	device,
	address,
	created_at: createdAt.toISOString(),
	expires_at: expiresAt.toISOString(),
});

/** `fileOf` gives the file of the picture of a post. */
export const presentOwnPost =
	(fileOf: (postId: string) => string | null) =>
	({ id, title, content, image, visibility, ...post }: OwnPost) => ({
		id,
		title,
		content,
		image: image && { file: fileOf(id), width: image.width, height: image.height, alt: image.alt },
		visibility,
		like_count: post.likeCount,
		comment_count: post.commentCount,
		created_at: post.createdAt.toISOString(),
		edited_at: post.editedAt?.toISOString() ?? null,
	});

export const presentOwnComment = ({ id, postId, postAuthor, content, createdAt }: OwnComment) => ({
	id,
	post_id: postId,
	post_author: postAuthor,
	content,
	created_at: createdAt.toISOString(),
});

export const presentOwnLike = ({ postId, postAuthor, createdAt }: OwnLike) => ({
	post_id: postId,
	post_author: postAuthor,
	created_at: createdAt.toISOString(),
});

export const presentFollow = ({ id, username, displayName, createdAt }: Follow) => ({
	id,
	username,
	display_name: displayName,
	created_at: createdAt.toISOString(),
});
