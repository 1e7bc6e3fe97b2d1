import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { actions } from "../../accounts/audit/store";
import { bio, importedEmail } from "../../accounts/users/fields";
import { asName } from "../../core/text";
import type { Kind, Moved, MovedImage } from "../../db/transfer";
import { Instant, Text } from "../../http/text";

// What is in the files of a moving instance. Names are those of the API; the README has the same as a table.

export const format = "minifeed-export";
export const formatVersion = 1;

export const files = {
	manifest: "manifest.json",
	pictures: "pictures.jsonl",
	uploads: "uploads",
	of: (kind: Kind) => `${kind}.jsonl`,
};

/** Bytes of a manifest. */
export const largestManifest = 256 * 1024;
/** Bytes of a line. The longest post takes a quarter of it, even when each character is written as \u and four digits. */
export const longestLine = 256 * 1024;
/** Bytes of a picture's file. The largest that was ever made has a few million. */
export const largestFile = 32 * 1024 ** 2;

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
export const Id = Text({ maxLength: 36, pattern: `^${uuid}$`, description: "a UUID in lower case" });
const aTime = { description: "a time such as 2026-01-02T03:04:05.678Z, from 1970 to 9999" };
const Time = Type.Intersect(
	[Instant(aTime), Text({ ...aTime, maxLength: 30, pattern: "^(19[7-9]\\d|[2-9]\\d{3})-.*Z$" })],
	aTime,
);
export const text = (maxLength: number, minLength = 0) =>
	Text({ minLength, maxLength, description: `text of ${minLength} to ${maxLength} characters` });
const whole = (minimum: number, maximum: number) =>
	Type.Integer({ minimum, maximum, description: `an integer from ${minimum} to ${maximum}` });
export const orNull = <T extends TSchema>(schema: T) =>
	Type.Union([schema, Type.Null()], { description: `${schema.description}, or null` });
const oneOf = <const T extends string[]>(...values: T) =>
	Type.Union(
		values.map((value) => Type.Literal(value as T[number])),
		{ description: `one of ${values.join(", ")}` },
	);
const exactly = <T extends Record<string, TSchema>>(properties: T, description?: string) =>
	Type.Object(properties, { additionalProperties: false, ...(description && { description }) });

const Name = Text({
	maxLength: 97,
	pattern: "^[0-9a-f]{64}(-[0-9a-f]{32})?$",
	description: "64 hexadecimal digits, and perhaps a hyphen and 32 more",
});
const Sha256 = Text({ maxLength: 64, pattern: "^[0-9a-f]{64}$", description: "64 hexadecimal digits" });
const side = whole(1, 65_535);
const imageProperties = {
	name: Name,
	width: side,
	height: side,
	bytes: whole(1, 2 * largestFile),
	placeholder: Text({
		maxLength: 4000,
		pattern: "^data:image/webp;base64,[A-Za-z0-9+/]*={0,2}$",
		description: "a small WebP as a data URL",
	}),
	created_at: Time,
};
const Avatar = exactly(imageProperties, "a picture");
const Image = exactly({ ...imageProperties, alt: text(1500) }, "a picture");

/** What a login costs is up to who writes the hash, so it is bounded as the configuration bounds it. */
const passwordHash = Text({
	maxLength: 400,
	pattern:
		"^\\$argon2id\\$v=19\\$m=(\\d{1,6}|10[0-4]\\d{4}),t=([1-9]|[12]\\d|3[0-2]),p=1\\$[A-Za-z0-9+/]{11,86}\\$[A-Za-z0-9+/]{16,172}$",
	description: "an argon2id hash as PHC string",
});

export const visibility = oneOf("public", "followers", "private");

const schemas = {
	users: exactly({
		id: Id,
		username: Text({
			minLength: 3,
			maxLength: 30,
			pattern: "^[a-z0-9_]*$",
			description: "3 to 30 letters a to z, digits or underscores",
		}),
		email: importedEmail,
		password_hash: orNull(passwordHash),
		role: oneOf("user", "admin"),
		display_name: text(50, 1),
		bio,
		avatar: orNull(Avatar),
		created_at: Time,
		updated_at: Time,
		suspended_at: orNull(Time),
		pending_since: orNull(Time),
	}),
	posts: exactly({
		id: Id,
		author_id: Id,
		title: orNull(text(200, 1)),
		content: text(5000),
		visibility,
		image: orNull(Image),
		mentions: Type.Optional(
			Type.Array(Id, { maxItems: 30, uniqueItems: true, description: "a list of 30 ids at most" }),
		),
		created_at: Time,
		edited_at: orNull(Time),
	}),
	comments: exactly({ id: Id, post_id: Id, author_id: Id, content: text(2000, 1), created_at: Time }),
	likes: exactly({ post_id: Id, user_id: Id, created_at: Time }),
	follows: exactly({ follower_id: Id, following_id: Id, created_at: Time }),
	audit: exactly({
		at: Time,
		action: oneOf(...actions),
		actor_id: orNull(Id),
		subject_id: orNull(Id),
		address: text(100),
	}),
};
type Line<K extends Kind> = Static<(typeof schemas)[K]>;

const fileOf = exactly({ bytes: whole(1, largestFile), sha256: Sha256 }, "a file");
/** The files of a picture: what is shown, and the thumbnail. Null where they were missing before. */
const Picture = exactly({
	name: Name,
	files: orNull(Type.Tuple([fileOf, fileOf], { description: "a pair of files" })),
});
export type Picture = Static<typeof Picture>;

const Manifest = Type.Object({
	format: Type.Literal(format),
	format_version: Type.Literal(formatVersion),
	/** Of the program that made it. */
	version: text(100),
	created_at: Time,
	files: Type.Array(
		exactly({
			name: text(100),
			lines: whole(0, Number.MAX_SAFE_INTEGER),
			bytes: whole(0, Number.MAX_SAFE_INTEGER),
			sha256: Sha256,
		}),
		{ maxItems: 100 },
	),
	/** Files in `uploads`, and pictures whose files were missing before. */
	pictures: exactly({
		files: whole(0, Number.MAX_SAFE_INTEGER),
		bytes: whole(0, Number.MAX_SAFE_INTEGER),
		missing: whole(0, Number.MAX_SAFE_INTEGER),
	}),
});
export type Manifest = Static<typeof Manifest>;

const lines = { ...schemas, pictures: Picture };
const checks = new Map<TSchema, ReturnType<typeof TypeCompiler.Compile>>();
function checkOf(schema: TSchema) {
	const known = checks.get(schema) ?? TypeCompiler.Compile(schema);
	checks.set(schema, known);
	return known;
}

/** What is wrong with a value, in the words of its schema; null when it is right. What somebody sent is not repeated at length. */
export function fault(schema: TSchema, value: unknown): string | null {
	const check = checkOf(schema);
	if (check.Check(value)) return null;
	const [error] = [...check.Errors(value)].sort((a, b) => depth(b.path) - depth(a.path));
	if (!error) return "it breaks a rule";
	const field = error.path.slice(1).replaceAll("/", ".").replace(/\p{C}/gu, "\u{fffd}").slice(0, 60);
	if (error.message.startsWith("Unexpected property")) return `there is nothing called ${field} in this format`;
	if (error.message.startsWith("Expected required property")) return `it has no ${field}`;
	const rule = error.schema.description ?? "an object as the format has it";
	return `${field || "it"} must be ${rule}`;
}
const depth = (path: string) => path.split("/").length;

/** Null for text that is none. */
export function parseManifest(text: string): Manifest | null {
	const parsed = parse(text);
	return checkOf(Manifest).Check(parsed) ? (parsed as Manifest) : null;
}

/** Undefined for what is no JSON. */
export function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const toImage = ({ name, width, height, bytes, placeholder, createdAt }: MovedImage): Static<typeof Avatar> => ({
	name,
	width,
	height,
	bytes,
	placeholder,
	created_at: createdAt.toISOString(),
});
const fromImage = ({ created_at, ...image }: Static<typeof Avatar>): MovedImage => ({
	...image,
	createdAt: new Date(created_at),
});
const stringOf = (time: Date | null) => time?.toISOString() ?? null;
const dateOf = (time: string | null) => (time === null ? null : new Date(time));

/** What a line is of what is in the database. */
export const toLine: { [K in Kind]: (item: Moved[K]) => Line<K> } = {
	users: (user) => ({
		id: user.id,
		username: user.username,
		email: user.email,
		password_hash: user.passwordHash,
		role: user.role,
		display_name: user.displayName,
		bio: user.bio,
		avatar: user.avatar && toImage(user.avatar),
		created_at: user.createdAt.toISOString(),
		updated_at: user.updatedAt.toISOString(),
		suspended_at: stringOf(user.suspendedAt),
		pending_since: stringOf(user.pendingSince),
	}),
	posts: ({ image, ...post }) => ({
		id: post.id,
		author_id: post.authorId,
		title: post.title,
		content: post.content,
		visibility: post.visibility,
		image: image && { ...toImage(image), alt: image.alt },
		mentions: post.mentions ?? [],
		created_at: post.createdAt.toISOString(),
		edited_at: stringOf(post.editedAt),
	}),
	comments: ({ id, postId, authorId, content, createdAt }) => ({
		id,
		post_id: postId,
		author_id: authorId,
		content,
		created_at: createdAt.toISOString(),
	}),
	likes: ({ postId, userId, createdAt }) => ({
		post_id: postId,
		user_id: userId,
		created_at: createdAt.toISOString(),
	}),
	follows: ({ followerId, followingId, createdAt }) => ({
		follower_id: followerId,
		following_id: followingId,
		created_at: createdAt.toISOString(),
	}),
	audit: ({ at, action, actorId, subjectId, address }) => ({
		at: at.toISOString(),
		action,
		actor_id: actorId,
		subject_id: subjectId,
		address,
	}),
};

const fromLine: { [K in Kind]: (line: Line<K>) => Moved[K] } = {
	users: ({ password_hash, display_name, avatar, ...user }) => ({
		id: user.id,
		username: user.username,
		email: user.email.trim(),
		passwordHash: password_hash ?? unknownPassword(),
		role: user.role,
		displayName: asName(display_name) || user.username,
		bio: user.bio,
		avatar: avatar && fromImage(avatar),
		createdAt: new Date(user.created_at),
		updatedAt: new Date(user.updated_at),
		suspendedAt: dateOf(user.suspended_at),
		pendingSince: dateOf(user.pending_since),
	}),
	posts: ({ author_id, image, mentions, created_at, edited_at, ...post }) => ({
		...post,
		title: asName(post.title ?? "") || null,
		authorId: author_id,
		image: image && { ...fromImage(image), alt: image.alt },
		mentions: mentions ?? null,
		createdAt: new Date(created_at),
		editedAt: dateOf(edited_at),
	}),
	comments: ({ id, post_id, author_id, content, created_at }) => ({
		id,
		postId: post_id,
		authorId: author_id,
		content,
		createdAt: new Date(created_at),
	}),
	likes: ({ post_id, user_id, created_at }) => ({
		postId: post_id,
		userId: user_id,
		createdAt: new Date(created_at),
	}),
	follows: ({ follower_id, following_id, created_at }) => ({
		followerId: follower_id,
		followingId: following_id,
		createdAt: new Date(created_at),
	}),
	audit: ({ at, action, actor_id, subject_id, address }) => ({
		at: new Date(at),
		action,
		actorId: actor_id,
		subjectId: subject_id,
		address,
	}),
};

/** A hash that nobody knows a password for: whoever has it needs a reset link. */
function unknownPassword(): string {
	const random = (bytes: number) =>
		Buffer.from(crypto.getRandomValues(new Uint8Array(bytes)))
			.toString("base64")
			.replaceAll("=", "");
	return `$argon2id$v=19$m=19456,t=2,p=1$${random(32)}$${random(32)}`;
}

/** What a line says, or what is wrong with it. */
export type Read<T> = { item: T } | { fault: string };

export function readLine<K extends Kind>(kind: K, text: string): Read<Moved[K]> {
	const parsed = parse(text);
	const why = parsed === undefined ? "it is not JSON" : fault(lines[kind], parsed);
	return why ? { fault: why } : { item: fromLine[kind](parsed as Line<K>) };
}

export function readPicture(text: string): Read<Picture> {
	const parsed = parse(text);
	const why = parsed === undefined ? "it is not JSON" : fault(Picture, parsed);
	return why ? { fault: why } : { item: parsed as Picture };
}
