import { type Static, Type } from "@sinclair/typebox";
import { PageOf, pageQuery } from "../../http/page";
import { ResponseSchema } from "../../http/schema";
import { PathText, Text } from "../../http/text";
import type { Tag as TagOf } from "./store";

export const Tag = ResponseSchema(
	{
		name: Type.String({ description: "In lower case and without #", examples: ["garden"] }),
		post_count: Type.Integer({ description: "The number of public posts with the tag" }),
	},
	{ $id: "Tag" },
);
export const TagPage = PageOf(Tag);

export const TagQuery = Type.Object({
	q: Type.Optional(Text({ maxLength: 100, description: "at most 100 characters; finds tags that start with them" })),
	trending: Type.Optional(
		Text({
			maxLength: 10,
			description: "any value but false: lists the tags that most people used in public posts of the last seven days",
		}),
	),
	...pageQuery,
});

export const byTag = Type.Object({
	tag: PathText({ description: "A hashtag in any case, with or without #", examples: ["garden"] }),
});

export const presentTag = ({ name, postCount }: TagOf): Static<typeof Tag> => ({ name, post_count: postCount });
