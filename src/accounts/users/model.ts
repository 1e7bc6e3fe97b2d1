import { type Static, Type } from "@sinclair/typebox";
import { Body, NoPicture, PictureFile } from "../../http/form";
import { PageOf, pageQuery } from "../../http/page";
import { clearable, Id, nullable, ResponseSchema, Time } from "../../http/schema";
import { PathText, Text } from "../../http/text";
import { publicUrls } from "../../media/signed-urls";
import { bio, displayName } from "./fields";
import {
	type Account,
	type Profile as ProfileOf,
	type Relationship as RelationshipOf,
	stateOf,
	type UserCard as UserCardOf,
} from "./store";

const card = {
	id: Id,
	username: Type.String({ examples: ["ada"] }),
	display_name: Type.String({ examples: ["Ada Lovelace"] }),
	avatar_url: nullable(Type.String({ description: "Square, at most 512 pixels wide" })),
	avatar_thumbnail_url: nullable(Type.String({ description: "Square, at most 96 pixels wide" })),
};
export const UserCard = ResponseSchema(card, {
	$id: "UserCard",
	description: "A person, as lists show them",
});

export const Relationship = ResponseSchema(
	{ following: Type.Boolean(), followed_by: Type.Boolean() },
	{ $id: "Relationship", description: "Follows between you and this person" },
);

const profile = {
	...card,
	bio: Type.String({ examples: ["I count on engines."] }),
	created_at: Time,
	followers_count: Type.Integer(),
	following_count: Type.Integer(),
	posts_count: Type.Integer({ description: "Public posts only" }),
	viewer: Type.Union([Relationship, Type.Null()], {
		description: "Null for an anonymous caller",
	}),
};
export const Profile = ResponseSchema(profile, { $id: "Profile", description: "The profile of a person" });

export const Me = ResponseSchema(
	{
		...profile,
		email: Type.String({ examples: ["ada@example.com"] }),
		role: Type.Union([Type.Literal("user"), Type.Literal("admin")]),
		state: Type.Union([Type.Literal("active"), Type.Literal("pending"), Type.Literal("suspended")], {
			description: "pending waits for approval, and can only read this account",
		}),
		updated_at: Time,
	},
	{ $id: "Me", description: "Your account" },
);

export const UserCardPage = PageOf(UserCard);

export const ProfileUpdate = Type.Object(
	{ display_name: clearable(displayName), bio: clearable(bio), avatar: Type.Optional(NoPicture()) },
	// With null, the example would clear the profile of a person who tries it.
	{ $id: "ProfileUpdate", examples: [{ display_name: "Ada Lovelace", bio: "I count on engines." }] },
);
const ProfilePictureUpdate = Type.Object(
	{ avatar: PictureFile(), display_name: Type.Optional(displayName), bio: Type.Optional(bio) },
	{ $id: "ProfilePictureUpdate" },
);
export const ProfileUpdateBody = Body(ProfileUpdate, ProfilePictureUpdate);

export const AccountRemoval = Type.Object(
	{
		password: Text({
			minLength: 1,
			maxLength: 256,
			pattern: null,
			description: "your password",
			examples: ["correct horse battery"],
		}),
		permanent: Type.Optional(
			Type.Boolean({ description: "true deletes the account permanently, without the trash", default: false }),
		),
		for_ever: Type.Optional(Type.Boolean({ description: "The former name of permanent", deprecated: true })),
	},
	{ $id: "AccountRemoval" },
);

export const UserSearch = Type.Object({
	q: Text({
		minLength: 1,
		maxLength: 50,
		description: "1 to 50 characters that a name starts with",
		examples: ["ad"],
	}),
	...pageQuery,
});

export const byUsername = Type.Object({
	username: PathText({ description: "In any case", examples: ["ada"] }),
});

export const presentCard = ({ id, username, displayName, avatar }: UserCardOf): Static<typeof UserCard> => {
	const urls = avatar === null ? null : publicUrls(avatar);
	return {
		id,
		username,
		display_name: displayName,
		avatar_url: urls?.url ?? null,
		avatar_thumbnail_url: urls?.thumbnailUrl ?? null,
	};
};

export const presentRelationship = ({ following, followedBy }: RelationshipOf): Static<typeof Relationship> => ({
	following,
	followed_by: followedBy,
});

export const presentProfile = (user: ProfileOf): Static<typeof Profile> => ({
	...presentCard(user),
	bio: user.bio,
	created_at: user.createdAt.toISOString(),
	followers_count: user.followersCount,
	following_count: user.followingCount,
	posts_count: user.postsCount,
	viewer: user.viewer && presentRelationship(user.viewer),
});

export const presentAccount = (account: Account): Static<typeof Me> => ({
	...presentProfile(account),
	email: account.email,
	role: account.role,
	state: stateOf(account),
	updated_at: account.updatedAt.toISOString(),
});
