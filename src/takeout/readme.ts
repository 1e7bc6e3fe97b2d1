import type { TakeoutList } from "./store";

/** Describes the archive for a person who opens it years later and does not know this program. */
export const readme = (
	username: string,
	at: Date,
	lists: readonly TakeoutList[],
) => `Everything that ${username} has on this server
Made on ${at.toISOString()} (UTC)

account.json    your profile, your e-mail address, and your open sessions with the time of each sign-in
${lists.map(({ name, about }) => `${`${name}.json`.padEnd(16)}${about}\n`).join("")}\
pictures/       the pictures of your posts and your avatar; the name of a picture is the id of its post

The .json files are text (JSON, UTF-8). You can open them in a browser or an editor, and programs can read them. Each file but
account.json is one list with an entry a line, the oldest first. Only likes.json is in the order of the posts. Times are in UTC.

"file" of a picture is its path in this archive. It is null if the server no longer had the picture.

"post_author" is the username of the author of a post. It is null if you may no longer see the post. The archive has your
own texts only, and no texts of other people.

The archive has no passwords and no tokens. The server keeps only their hashes, which do not let a person sign in.

The archive may miss changes that you made while the server was making it.
`;
