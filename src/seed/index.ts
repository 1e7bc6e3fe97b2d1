import type { Faker } from "@faker-js/faker";
import { faker as english } from "@faker-js/faker/locale/en";
import type { Stores } from "../db/stores";
import { circles } from "./circles";
import { named, type Person, people as peopleOf } from "./people";
import { type Chance, chanceOf } from "./random";
import { writing } from "./writing";
import { type Post, year } from "./year";

/** Where the year of the community ends. Fixed, because the same numbers must make the same database on any day. */
export const seedEnd = new Date("2026-11-01T00:00:00.000Z");
const seedStart = new Date("2025-11-01T00:00:00.000Z");

/** Everybody's. */
export const seedPassword = "correct horse battery";
/** Its hash, with the smallest parameters there are: a password that stands in a README needs no protection. */
const passwordHash =
	"$argon2id$v=19$m=8,t=1,p=1$5DsdEqEGQqpU9tlTExCEFZCoqEdGLkZKo+v1Cy6kmWY$rPpwyW8AiZfLU8DiYUOsf5cSmKQSdaLpzVdlYcNIBeE";

/** So many rows are one transaction, which keeps the database for about a twentieth of a second. */
const rowsAtOnce = 500;

export type SeedOptions = { users: number; posts: number; seed: number };
export type Seeded = {
	users: number;
	follows: number;
	posts: number;
	comments: number;
	likes: number;
	/** `ada` first, unless she was there before. */
	usernames: string[];
};

/**
 * Adds a small community to what is in the stores: people, whom they follow, and a year of what they write. The same
 * numbers make the same rows in a database that starts the same. Nobody is an administrator: the password is known.
 * It needs one user at least, and nobody else may use these stores meanwhile.
 */
export async function seed(
	stores: Stores,
	{ users, posts, seed }: SeedOptions,
	progress: (done: number, total: number) => void = () => {},
): Promise<Seeded> {
	const chance = (part: string) => chanceOf(`${seed} ${part}`);
	const [start, end] = [seedStart.getTime(), seedEnd.getTime()];

	const who = chance("people");
	const isTaken = async (login: string) => (await stores.users.credentialsByLogin(login)) !== null;
	const cast = await named(
		peopleOf(fakerOf(who), who, { count: users, start, length: end - start }),
		chance("names"),
		isTaken,
	);
	// Usernames are unique, so ids that begin from them are too, however often the same seed is sown.
	const { uuid } = chance(`ids ${cast.map(({ username }) => username).join()}`);
	const people = cast.map((person) => ({ ...person, id: uuid(person.joined) }));
	const follows = circles(people, chance("circles"), end);
	const text = chance("text");
	const write = writing(fakerOf(text), text);
	const seeded = { users, follows: follows.length, posts, comments: 0, likes: 0 };

	let rows: Row[] = [];
	let done = 0;
	const flush = async () => {
		const writes = rows;
		rows = [];
		await stores.together(async () => {
			for (const write of writes) await write(stores);
		});
		progress(done, users + posts);
		// Whoever waits for the database, or for this process, has a turn.
		await Bun.sleep(0);
	};
	const add = async (...group: Row[]) => {
		rows.push(...group);
		if (rows.length >= rowsAtOnce) await flush();
	};

	for (const person of people) {
		done++;
		await add(...arrival(person, text.maybe(0.85) ? write.bio(person, new Date(person.joined)) : ""));
	}
	for (const { follower, following, at } of follows) {
		const [from, to] = [people[follower] as Person, people[following] as Person];
		await add(({ follows }) =>
			follows.add({ followerId: from.id, username: to.username, createdAt: new Date(at) }).then(written),
		);
	}
	for (const post of year({ people, follows, count: posts, start, end }, { chance: chance("year"), write })) {
		done++;
		seeded.comments += post.comments.length;
		seeded.likes += post.likes.length;
		await add(...publication(post, uuid));
	}
	await flush();
	return { ...seeded, usernames: people.map(({ username }) => username) };
}

type Row = (stores: Stores) => Promise<unknown>;

function arrival({ id, username, email, displayName, joined }: Person, bio: string): Row[] {
	const createdAt = new Date(joined);
	const user = { id, username, email, displayName, passwordHash, role: "user", createdAt } as const;
	const described: Row = ({ users }) => users.changeProfile(id, () => ({ bio, updatedAt: new Date(joined + 240_000) }));
	return [({ users }) => users.create(user), ...(bio ? [described] : [])];
}

/** A post and all that hangs on it, oldest first: that is the order in which lists show what came when. */
function publication(post: Post, uuid: (at: number) => string): Row[] {
	const { author, at, title, content, visibility, edited, comments, likes } = post;
	const postId = uuid(at);
	const rows: Row[] = [
		({ posts }) =>
			posts.create({ id: postId, authorId: author.id, title, content, visibility, createdAt: new Date(at) }),
	];
	if (edited) {
		const changes = { title, content: edited.content, visibility, editedAt: new Date(edited.at) };
		rows.push(({ posts }) => posts.change(postId, author.id, () => changes));
	}
	for (const { by, content, at } of comments) {
		const comment = { id: uuid(at), postId, authorId: by.id, content, createdAt: new Date(at) };
		rows.push(({ comments }) => comments.create(comment).then(written));
	}
	for (const { by, at } of likes)
		rows.push(({ likes }) => likes.add({ postId, userId: by.id, createdAt: new Date(at) }).then(written));
	return rows;
}

/** The stores say null or false where somebody may not do that; the seed has nobody do what they may not. */
function written(answer: unknown) {
	if (answer === null || answer === false) throw new Error("The seed wrote something that the database did not take.");
}

/**
 * A faker of our own, so that nobody else's use of the library changes the seed, nor the seed theirs. Its constructor is
 * had from the English faker: the package's main module would load seventy languages, 50 MB.
 */
function fakerOf(chance: Chance): Faker {
	const Own = english.constructor as typeof Faker;
	return new Own({ locale: english.rawDefinitions, randomizer: { next: chance.next, seed: () => {} } });
}
