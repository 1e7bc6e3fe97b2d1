import { type Static, Type } from "@sinclair/typebox";
import { presentCard, UserCard } from "../../accounts/users/model";
import { Body, NoPicture, PictureFile } from "../../http/form";
import { PageOf, pageQuery } from "../../http/page";
import { clearable, Id, nullable, Time, View } from "../../http/schema";
import { PathText, ShownText, Text } from "../../http/text";
import type { UrlsOf } from "../../media/signed-urls";
import type { Snippet as SnippetOf } from "../search/snippet";
import type { Image as ImageOf, Post as PostOf } from "./store";

const Visibility = Type.Union([Type.Literal("public"), Type.Literal("followers"), Type.Literal("private")], {
	description: "Who may see it: everyone, the author's followers, or the author",
});

export const Image = View(
	{
		url: Type.String({
			description: "At most 2048 pixels long; of a post that is not public, good for 30 to 60 minutes",
		}),
		thumbnail_url: Type.String({ description: "At most 400 pixels long" }),
		width: Type.Integer({ description: "Pixels" }),
		height: Type.Integer({ description: "Pixels" }),
		alt: Type.String({ description: "What the picture shows, in words" }),
		placeholder: Type.String({
			description: "A blurred picture of 32 pixels (ThumbHash), as a data URL of some 200 characters",
		}),
	},
	{ $id: "Image" },
);

const Snippet = View(
	{
		field: Type.Union([Type.Literal("title"), Type.Literal("content")], { description: "What it is a part of" }),
		text: Type.String({
			description: "Plain text as it was written, some 200 characters at most, with … where it is cut off",
			examples: ["Hello, world"],
		}),
		highlights: Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), {
			description:
				"What was found in `text`: from where, and to where; the end is not in it. In UTF-16 code units, as strings of JavaScript, Java and C# count",
			examples: [[[0, 5]]],
		}),
	},
	{ $id: "Snippet", description: "The part of a post that shows why it was found" },
);

export const Post = View(
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
		liked: Type.Boolean({ description: "By the caller" }),
		created_at: Time,
		edited_at: nullable(Time),
		snippet: Type.Optional(Snippet),
	},
	{ $id: "Post" },
);

const title = Text({
	maxLength: 200,
	description: "at most 200 characters; line breaks and direction overrides are taken out, and a blank one is none",
	examples: ["Tea at four"],
});
const content = ShownText({
	maxLength: 5000,
	description: "1 to 5000 characters that are not all white space or invisible",
	examples: ["Hello, world"],
});

const caption = Text({
	maxLength: 5000,
	description: "at most 5000 characters; beside a picture it may be empty",
	examples: ["Hello, world"],
});
const image_alt = Text({
	maxLength: 1500,
	description: "at most 1500 characters: what the picture shows, for those who do not see it",
	examples: ["A cat asleep in a cardboard box"],
});

const newVisibility = { ...Visibility, description: `${Visibility.description}; public when left out` };
const cleared = { title: clearable(title), image: Type.Optional(NoPicture()), image_alt: clearable(image_alt) };
/** The fields of a form with a picture: a form has no null, and an empty text clears. */
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
	// Of a post that may have no picture: there is nothing to describe then.
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
				'at most 500 characters: words that must all occur, of the last of which the beginning is enough; "words that stand together", gard* for words that start so, #tag, @name for who is mentioned, from:name, after:2026-05-01 for that day and later, before:2026-06-01 for earlier days (UTC), and - before what must not be',
			examples: ["tea from:ada -coffee"],
		}),
	),
	author: Type.Optional(Text({ maxLength: 50, description: "a username" })),
	sort: Type.Optional(
		Type.Union([Type.Literal("newest"), Type.Literal("oldest"), Type.Literal("popular"), Type.Literal("relevance")], {
			default: "newest",
			description: "which come first: the newest, the oldest, the most liked or, with q, those that fit best",
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

/** `urlsOf` are those of the viewer that the post was read for; `snippetOf` is that of the search it was found by. */
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
