import { type Static, Type } from "@sinclair/typebox";
import { PageOf, pageQuery } from "../http/page";
import { notBlank, PathText, Text } from "../http/text";
import { Id, nullable, Time, View } from "../http/view";
import { presentCard, UserCard } from "../users/model";
import type { Image as ImageOf, Post as PostOf } from "./store";

const Visibility = Type.Union([Type.Literal("public"), Type.Literal("followers"), Type.Literal("private")], {
	description: "Who may see it: everyone, the author's followers, or the author",
});

export const Image = View(
	{
		url: Type.String(),
		thumbnail_url: Type.String(),
		width: Type.Integer({ description: "Pixels" }),
		height: Type.Integer({ description: "Pixels" }),
		alt: Type.String({ description: "What the picture shows, in words" }),
		placeholder: Type.String({ description: "A ThumbHash, as a data URL" }),
	},
	{ $id: "Image" },
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
	},
	{ $id: "Post" },
);

const title = nullable(Text({ maxLength: 200, description: "at most 200 characters" }));
const content = Text({
	minLength: 1,
	maxLength: 5000,
	pattern: notBlank,
	description: "1 to 5000 characters that are not all white space",
	examples: ["Hello, world"],
});

export const NewPost = Type.Object(
	{
		content,
		title: Type.Optional(title),
		visibility: Type.Optional({ ...Visibility, description: `${Visibility.description}; public when left out` }),
	},
	{ $id: "NewPost" },
);

export const PostUpdate = Type.Partial(Type.Object({ content, title, visibility: Visibility }), { $id: "PostUpdate" });

export const PostQuery = Type.Object({
	q: Type.Optional(
		Text({
			maxLength: 500,
			description: "at most 500 characters; all words must occur",
		}),
	),
	author: Type.Optional(Text({ maxLength: 50, description: "a username" })),
	sort: Type.Optional(
		Type.Union([Type.Literal("newest"), Type.Literal("oldest"), Type.Literal("popular")], {
			default: "newest",
			description: "which come first: the newest, the oldest or the most liked",
		}),
	),
	...pageQuery,
});

export const byPostId = Type.Object({
	post_id: PathText({ ...Id, description: "The id of the post" }),
});

export const PostPage = PageOf(Post);

const presentImage = (image: ImageOf): Static<typeof Image> => ({
	url: `/uploads/${image.name}`,
	thumbnail_url: `/uploads/${image.thumbnail}`,
	width: image.width,
	height: image.height,
	alt: image.alt,
	placeholder: image.placeholder,
});

export const presentPost = (post: PostOf): Static<typeof Post> => ({
	id: post.id,
	author: presentCard(post.author),
	title: post.title,
	content: post.content,
	image: post.image && presentImage(post.image),
	image_url: post.image && `/uploads/${post.image.name}`,
	visibility: post.visibility,
	like_count: post.likeCount,
	comment_count: post.commentCount,
	liked: post.liked,
	created_at: post.createdAt.toISOString(),
	edited_at: post.editedAt?.toISOString() ?? null,
});
