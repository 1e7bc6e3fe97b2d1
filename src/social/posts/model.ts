import { type Static, Type } from "@sinclair/typebox";
import { presentCard, UserCard } from "../../accounts/users/model";
import { Body, NoPicture, PictureFile } from "../../http/form";
import { PageOf, pageQuery } from "../../http/page";
import { clearable, Id, nullable, ResponseSchema, Time } from "../../http/schema";
import { PathText, ShownText, Text } from "../../http/text";
import type { UrlsOf } from "../../media/signed-urls";
import type { Snippet as SnippetOf } from "../search/snippet";
import type { Image as ImageOf, Post as PostOf } from "./store";

const Visibility = Type.Union([Type.Literal("public"), Type.Literal("followers"), Type.Literal("private")], {
	description: "The readers of the post: everyone, the followers of the author, or only the author",
});

export const Image = ResponseSchema(
	{
		url: Type.String({
			description:
				"The picture, at most 2048 pixels long. The URL expires after 30 to 60 minutes if the post is not public",
		}),
		thumbnail_url: Type.String({ description: "The thumbnail, at most 400 pixels long. Expires like `url`" }),
		width: Type.Integer({ description: "Pixels" }),
		height: Type.Integer({ description: "Pixels" }),
		alt: Type.String({ description: "The description of the picture; empty when there is none" }),
		placeholder: Type.String({
			description: "A blurred preview of 32 pixels (ThumbHash) as a data URL of about 200 characters",
		}),
	},
	{ $id: "Image" },
);

const Snippet = ResponseSchema(
	{
		field: Type.Union([Type.Literal("title"), Type.Literal("content")], {
			description: "The field that contains the snippet",
		}),
		text: Type.String({
			description: "An excerpt of plain text, about 200 characters at most, with … at each end that was cut",
			examples: ["Hello, world"],
		}),
		highlights: Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), {
			description:
				"The matches in `text`: start and end (exclusive) of each, in UTF-16 code units as in JavaScript, Java and C# strings",
			examples: [[[0, 5]]],
		}),
	},
	{ $id: "Snippet", description: "The part of a post that matches the search" },
);

export const Post = ResponseSchema(
	{
		id: Id,
		author: UserCard,
		title: nullable(Type.String()),
		content: Type.String({ examples: ["Hello, world"] }),
		image: Type.Union([Image, Type.Null()]),
		image_url: nullable(Type.String()),
		visibility: Visibility,
		like_count: Type.Integer(),
		comment_count: Type.Integer(),
		liked: Type.Boolean({ description: "True when you like the post" }),
		created_at: Time,
		edited_at: nullable(Time),
		snippet: Type.Optional(Snippet),
	},
	{ $id: "Post" },
);

const title = Text({
	maxLength: 200,
	description:
		"at most 200 characters; the server removes line breaks and direction overrides, and a blank title means none",
	examples: ["Tea at four"],
});
const content = ShownText({
	maxLength: 5000,
	description: "1 to 5000 characters, at least one of them visible",
	examples: ["Hello, world"],
});

const caption = Text({
	maxLength: 5000,
	description: "at most 5000 characters; it may be empty if the post has a picture",
	examples: ["Hello, world"],
});
const image_alt = Text({
	maxLength: 1500,
	description: "at most 1500 characters that describe the picture for people who cannot see it",
	examples: ["A cat asleep in a cardboard box"],
});

const newVisibility = { ...Visibility, description: `${Visibility.description}; public by default` };
const cleared = { title: clearable(title), image: Type.Optional(NoPicture()), image_alt: clearable(image_alt) };
/** The fields of a form with a picture. A form cannot send null, so that an empty text clears a field. */
const pictured = {
	image: PictureFile(),
	image_alt: Type.Optional(image_alt),
	content: Type.Optional(caption),
	title: Type.Optional(title),
};
export const NewPost = Type.Object(
	{ content, ...cleared, visibility: Type.Optional(newVisibility) },
	{ $id: "NewPost", examples: [{ content: "Hello, world", title: "Tea at four", visibility: "public" }] },
);
const NewPicturePost = Type.Object(
	{ ...pictured, visibility: Type.Optional(newVisibility) },
	{ $id: "NewPicturePost" },
);
export const NewPostBody = Body(NewPost, NewPicturePost);

const PostUpdate = Type.Object(
	{ content: clearable(caption), ...cleared, visibility: Type.Optional(Visibility) },
	// The example has no image_alt, since its post may have no picture.
	{ $id: "PostUpdate", examples: [{ content: "Hello, world", title: null }] },
);
const PostPictureUpdate = Type.Object(
	{ ...pictured, visibility: Type.Optional(Visibility) },
	{ $id: "PostPictureUpdate" },
);
export const PostUpdateBody = Body(PostUpdate, PostPictureUpdate);

export const PostQuery = Type.Object({
	q: Type.Optional(
		Text({
			maxLength: 500,
			pattern: null,
			description:
				'at most 500 characters: words that must all occur, the last one at least in its beginning; "exact phrase", gard* for a prefix, #tag, @name for mentions, from:name for an author, after:2026-05-01 (that day or later, UTC), before:2026-06-01 (earlier days); a leading - excludes',
			examples: ["tea from:ada -coffee"],
		}),
	),
	author: Type.Optional(Text({ maxLength: 50, description: "a username" })),
	sort: Type.Optional(
		Type.Union([Type.Literal("newest"), Type.Literal("oldest"), Type.Literal("popular"), Type.Literal("relevance")], {
			default: "newest",
			description: "the order: newest, oldest, most liked or, with q, best match first",
		}),
	),
	...pageQuery,
});

export const byPostId = Type.Object({
	post_id: PathText({ ...Id, description: "The id of the post" }),
});

export const PostPage = PageOf(Post);

const presentImage = (image: ImageOf, { url, thumbnailUrl }: ReturnType<UrlsOf>): Static<typeof Image> => ({
	url,
	thumbnail_url: thumbnailUrl,
	width: image.width,
	height: image.height,
	alt: image.alt,
	placeholder: image.placeholder,
});

/** `urlsOf` must be for the viewer of the read. `snippetOf` belongs to the search that found the post. */
export const presentPost =
	(urlsOf: UrlsOf, snippetOf?: (post: PostOf) => SnippetOf | null) =>
	(post: PostOf): Static<typeof Post> => {
		const snippet = snippetOf?.(post);
		const image = post.image && presentImage(post.image, urlsOf(post.image.name, post.visibility === "public"));
		return {
			id: post.id,
			author: presentCard(post.author),
			title: post.title,
			content: post.content,
			image,
			image_url: image?.url ?? null,
			visibility: post.visibility,
			like_count: post.likeCount,
			comment_count: post.commentCount,
			liked: post.liked,
			created_at: post.createdAt.toISOString(),
			edited_at: post.editedAt?.toISOString() ?? null,
			...(snippet && { snippet }),
		};
	};
