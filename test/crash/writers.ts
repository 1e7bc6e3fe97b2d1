import { form, picture } from "../support/pictures";

/** What a server said that it has, of one person; `null` is what nobody can know, since no answer came. */
export type Written = {
	username: string;
	posts: Map<string, Post>;
	/** Ids of comments and the posts they are under. */
	comments: Map<string, { post: string; is: boolean | null }>;
	/** Whether posts are liked. */
	likes: Map<string, boolean | null>;
	/** Whether people are followed. */
	follows: Map<string, boolean | null>;
};
export type Post = {
	is: boolean | null;
	/** The texts that it may have. */
	contents: string[];
	/** Where its picture is. */
	image: string | null;
};

type Told = { id: string; image_url: string | null };

/** A generator of its own for each round, so that a round can be told again. */
export function random(seed: number) {
	let state = seed >>> 0;
	const next = () => {
		// mulberry32
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		below: (end: number) => Math.floor(next() * end),
		of: <T>(things: T[]): T | undefined => things[Math.floor(next() * things.length)],
	};
}
export type Random = ReturnType<typeof random>;

const nothing = (username: string): Written => ({
	username,
	posts: new Map(),
	comments: new Map(),
	likes: new Map(),
	follows: new Map(),
});

/** Somebody who signs up and then writes one thing after the other, and remembers what was acknowledged. */
export async function writer(
	address: string,
	{ username, password, others, chance }: { username: string; password: string; others: Written[]; chance: Random },
) {
	const written = nothing(username);
	let token = "";
	const send = async (method: string, path: string, body?: object | FormData) => {
		const isForm = body instanceof FormData;
		const response = await fetch(address + path, {
			method,
			headers: {
				...(token && { authorization: `Bearer ${token}` }),
				...(body && !isForm && { "content-type": "application/json" }),
			},
			body: isForm ? body : body && JSON.stringify(body),
		});
		const text = await response.text();
		if (response.status >= 400 && response.status !== 404)
			throw new Error(`refused: ${method} ${path} ${response.status} ${text}`);
		return { ok: response.ok, body: (text === "" ? {} : JSON.parse(text)) as unknown };
	};
	const signUp = await send("POST", "/auth/register", { username, email: `${username}@example.com`, password });
	token = (signUp.body as { access_token: string }).access_token;

	const there = () => [...written.posts].filter(([, { is }]) => is).map(([id]) => id);
	/** Anybody's, as far as it is known to be there. */
	const anyPost = () => {
		const author = chance.of(others);
		return author && chance.of([...author.posts].filter(([, { is }]) => is).map(([id]) => id));
	};
	/** Remembers `is` of something, and nothing while it is not acknowledged. A 404 says that it is gone. */
	const change = async <Key>(
		of: Map<Key, boolean | null>,
		key: Key,
		is: boolean,
		work: () => Promise<{ ok: boolean }>,
	) => {
		of.set(key, null);
		const { ok } = await work();
		if (ok) of.set(key, is);
		else of.delete(key);
	};
	const text = () => `${"words that are written ".repeat(1 + chance.below(20))}${crypto.randomUUID()} #crash`;

	const acts: { weight: number; act: () => Promise<void> }[] = [
		{
			weight: 6,
			async act() {
				const content = text();
				const { body } = await send("POST", "/posts/", { content, visibility: chance.of(["public", "private"]) });
				written.posts.set((body as Told).id, { is: true, contents: [content], image: null });
			},
		},
		{
			weight: 3,
			async act() {
				const content = text();
				const colour: [number, number, number] = [chance.below(256), chance.below(256), chance.below(256)];
				const image = await picture({ at: () => colour });
				const { body } = await send("POST", "/posts/", form({ content, image }));
				const { id, image_url } = body as Told;
				written.posts.set(id, { is: true, contents: [content], image: image_url });
			},
		},
		{
			weight: 3,
			async act() {
				const id = chance.of(there());
				const post = id === undefined ? undefined : written.posts.get(id);
				if (!post) return;
				const content = text();
				post.contents.push(content);
				await send("PATCH", `/posts/${id}`, { content });
				post.contents = [content];
			},
		},
		{
			weight: 2,
			async act() {
				const id = chance.of(there());
				const post = id === undefined ? undefined : written.posts.get(id);
				if (!post) return;
				post.is = null;
				await send("DELETE", `/posts/${id}`);
				post.is = false;
			},
		},
		{
			weight: 4,
			async act() {
				const id = anyPost();
				if (id) await change(written.likes, id, true, () => send("POST", `/likes/posts/${id}/like`));
			},
		},
		{
			weight: 1,
			async act() {
				const id = chance.of([...written.likes].filter(([, is]) => is).map(([id]) => id));
				if (id) await change(written.likes, id, false, () => send("DELETE", `/likes/posts/${id}/like`));
			},
		},
		{
			weight: 4,
			async act() {
				const post = anyPost();
				if (!post) return;
				const { ok, body } = await send("POST", `/comments/posts/${post}/comments`, { content: text() });
				if (ok) written.comments.set((body as Told).id, { post, is: true });
			},
		},
		{
			weight: 1,
			async act() {
				const id = chance.of([...written.comments].filter(([, { is }]) => is).map(([id]) => id));
				const comment = id === undefined ? undefined : written.comments.get(id);
				if (!comment) return;
				comment.is = null;
				await send("DELETE", `/comments/${id}`);
				comment.is = false;
			},
		},
		{
			weight: 2,
			async act() {
				const whom = chance.of(others)?.username;
				if (!whom || whom === username) return;
				const is = written.follows.get(whom) !== true;
				await change(written.follows, whom, is, () => send(is ? "POST" : "DELETE", `/users/${whom}/follow`));
			},
		},
	];
	const deck = acts.flatMap(({ weight, act }) => Array.from({ length: weight }, () => act));

	return {
		written,
		/** Goes on until the server is gone. Throws when the server refuses something. */
		async work() {
			for (;;)
				try {
					await chance.of(deck)?.();
				} catch (error) {
					if (error instanceof Error && error.message.startsWith("refused")) throw error;
					return;
				}
		},
	};
}
