import type { TakeoutList } from "./store";

/** Describes the archive to a person who opens it years later and does not know this program. */
export const readme = (
	username: string,
	at: Date,
	lists: readonly TakeoutList[],
) => `Everything that ${username} has on this server
Made on ${at.toISOString()} (UTC)

account.json    your profile, your e-mail address, and when you signed in where you still are
${lists.map(({ name, about }) => `${`${name}.json`.padEnd(16)}${about}\n`).join("")}\
pictures/       the pictures of your posts, each called after the id of its post, and your avatar

The .json files are text (JSON, UTF-8): a browser or an editor shows them, and programs read them. But for account.json each
is one list with an entry a line, the oldest first; likes.json is in the order of the posts. Times are in UTC.

"file" of a picture says where it is in this archive. Where it is null, the server did not have the picture any more.

"post_author" is the username of who wrote a post. It is null where the post is not shown to you any more: what you gave
is yours, and what others wrote is theirs, so their texts are not in here.

What is not in here: your password, which the server does not know either, but only a hash of it that leads nowhere; and
the tokens themselves, for the same reason.

What you changed while this was being made may or may not be in it.
`;
