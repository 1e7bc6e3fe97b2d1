import type { Faker } from "@faker-js/faker";
import { faker as english } from "@faker-js/faker/locale/en";
import type { Stores } from "../db/stores";
import { circles, type Follow, named, type Person, peopleOf } from "./people";
import { type Random, seededRandom } from "./random";
import { type Voice, voiceOf } from "./voice";
import { writeBio } from "./writing";
import { type Post, postsOf } from "./year";

/** The end of the year of posts. Fixed, because the same numbers must make the same database on any day. */
export const seedEnd = new Date("2026-11-01T00:00:00.000Z");
const seedStart = new Date("2025-11-01T00:00:00.000Z");

/** The password of every seeded account. */
export const seedPassword = "correct horse battery";
/** Its hash, with the smallest parameters there are: a password that stands in a README needs no protection. */
const passwordHash =
	"$argon2id$v=19$m=8,t=1,p=1$5DsdEqEGQqpU9tlTExCEFZCoqEdGLkZKo+v1Cy6kmWY$rPpwyW8AiZfLU8DiYUOsf5cSmKQSdaLpzVdlYcNIBeE";

/** So many rows are one transaction, which keeps the database for about a twentieth of a second. */
const rowsAtOnce = 500;

export type SeedOptions = { users: number; posts: number; seed: number };
/**
 * Adds a small community to the stores: people, their follows, and a year of posts. The same numbers make the same rows
 * in a database that starts the same. No one becomes an administrator: the password is known. It needs one user at least,
 * and nothing else may use these stores meanwhile.
 */
export async function seed(
	stores: Stores,
	{ users, posts, seed }: SeedOptions,
	progress: (done: number, total: number) => void = () => {},
) {
	const random = (part: string) => seededRandom(`${seed} ${part}`);
	const [start, end] = [seedStart.getTime(), seedEnd.getTime()];
	const ofPeople = random("people");
	const unnamed = peopleOf(fakerOf(ofPeople), ofPeople, { count: users, start, length: end - start });
	const isTaken = async (login: string) => (await stores.users.credentialsByLogin(login)) !== null;
	const cast = await named(unnamed, random("names"), isTaken);
	// Usernames are unique, so ids that begin from them are too, however often the same seed is sown.
	const { uuid } = random(`ids ${cast.map(({ username }) => username).join()}`);
	const people = cast.map((person) => ({ ...person, id: uuid(person.joined) }));
	const follows = circles(people, random("circles"), end);
	const ofText = random("text");
	const voice = voiceOf(fakerOf(ofText), ofText);
	const seeded = { users, follows: follows.length, posts, comments: 0, likes: 0 };
	let done = 0;

	/** Yields how many rows it has written. */
	async function* write() {
		for (const person of people) {
			done++;
			yield addPerson(stores, person, voice);
		}
		for (const follow of follows) yield addFollow(stores, follow);
		for (const post of postsOf({ people, follows, count: posts, start, end }, random("year"), voice)) {
			done++;
			seeded.comments += post.comments.length;
			seeded.likes += post.likes.length;
			yield addPost(stores, post, uuid);
		}
	}

	const writes = write();
	for (let isLast = false; !isLast; ) {
		await stores.inOneTransaction(async () => {
			for (let rows = 0; rows < rowsAtOnce && !isLast; ) {
				const next = await writes.next();
				isLast = next.done === true;
				rows += next.value ?? 0;
			}
		});
		progress(done, users + posts);
		// Others that wait for the database, or for this process, have a turn.
		await Bun.sleep(0);
	}
	/** `ada` is the first, unless that username was taken. */
	const usernames = people.map(({ username }) => username);
	return { ...seeded, usernames };
}

async function addPerson({ users }: Stores, person: Person, voice: Voice): Promise<number> {
	const { id, username, email, displayName, joined } = person;
	const createdAt = new Date(joined);
	await users.create({ id, username, email, displayName, passwordHash, role: "user", createdAt });
	const bio = voice.random.maybe(0.85) ? writeBio(voice, person, createdAt) : "";
	if (bio) await users.changeProfile(id, () => ({ bio, updatedAt: new Date(joined + 240_000) }));
	return bio ? 2 : 1;
}

async function addFollow({ follows }: Stores, { follower, following, at }: Follow): Promise<number> {
	const { username } = following;
	assertWritten(await follows.add({ followerId: follower.id, username, createdAt: new Date(at) }));
	return 1;
}

/** Adds a post with its comments and likes, oldest first. */
async function addPost({ posts, comments, likes }: Stores, post: Post, uuid: (at: number) => string): Promise<number> {
	const { author, title, content, visibility, edited } = post;
	const postId = uuid(post.at);
	await posts.create({ id: postId, authorId: author.id, title, content, visibility, createdAt: new Date(post.at) });
	if (edited) {
		const changes = { title, content: edited.content, visibility, editedAt: new Date(edited.at) };
		await posts.change(postId, author.id, () => changes);
	}
	for (const { by, content, at } of post.comments)
		assertWritten(await comments.create({ id: uuid(at), postId, authorId: by.id, content, createdAt: new Date(at) }));
	for (const { by, at } of post.likes)
		assertWritten(await likes.add({ postId, userId: by.id, createdAt: new Date(at) }));
	return 1 + (edited ? 1 : 0) + post.comments.length + post.likes.length;
}

/** The stores answer null or false to a person who may not do that. */
function assertWritten(answer: unknown) {
	if (answer === null || answer === false) throw new Error("The seed wrote something that the database did not take.");
}

/** A faker with our random numbers. Its class is that of the English faker: the main module loads 70 languages, 50 MB. */
function fakerOf(random: Random): Faker {
	const Own = english.constructor as typeof Faker;
	return new Own({ locale: english.rawDefinitions, randomizer: { next: random.next, seed: () => {} } });
}
