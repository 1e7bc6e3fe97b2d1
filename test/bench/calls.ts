import { accessTokens } from "../../src/accounts/auth/jwt";
import type { Content } from "./cache";
import { type Kind, randomText, rareWord, rareWords } from "./database";

export type Call = { method: "GET" | "POST"; path: string; token?: string; body?: string };
/** `isSignedIn` is whether the calls carry a token, which costs the check of a session. */
export type Endpoint = { name: string; status: number; isSignedIn: boolean; calls: Call[] };

/** How many different calls of each kind take turns: enough that nothing answers from one warm row. */
const variety = 64;

/** What is measured, the writes last: they change what is read. */
export async function endpoints(secret: string, content: Content): Promise<Endpoint[]> {
	const now = () => new Date();
	const { sign } = accessTokens({ secret, algorithm: "HS256", lifetimeSeconds: 24 * 60 * 60, now });
	const tokensOf = (kind: Kind) => Promise.all(content.readers[kind].map(sign));
	const tokens = await tokensOf("ordinary");
	const text = randomText(2);
	const { vocabulary } = randomText(1); // that of the posts

	const pick = <T>(from: T[]): T => from[text.below(from.length)] as T;
	const paths = (make: (i: number) => string) => Array.from({ length: variety }, (_, i) => make(i));
	const read = (name: string, paths: string[]): Endpoint => ({
		name: `GET ${name}`,
		status: 200,
		isSignedIn: false,
		calls: paths.map((path) => ({ method: "GET", path })),
	});
	const signed = ({ name, calls, ...endpoint }: Endpoint, by = tokens): Endpoint => ({
		...endpoint,
		name,
		isSignedIn: true,
		calls: Array.from({ length: Math.max(calls.length, by.length) }, (_, i) => ({
			...(calls[i % calls.length] as Call),
			token: by[i % by.length],
		})),
	});
	const both = (endpoint: Endpoint) => [endpoint, signed(endpoint)];
	const feedOf = async (kind: Kind) => signed(read(`/feed/, ${kind}`, ["/feed/"]), await tokensOf(kind));
	const search = (kind: string, query: (i: number) => string) =>
		read(
			`/posts/?q= ${kind}`,
			paths((i) => `/posts/?${query(i)}`),
		);
	const q = (...words: string[]) => `q=${words.map(encodeURIComponent).join("+")}`;
	const words = (from: number, to: number) => vocabulary[from + text.below(to - from)] as string;
	const short = vocabulary.filter((word) => word.length === 2);

	return [
		...both(read("/posts/", ["/posts/"])),
		...both(
			read(
				"/posts/{id}",
				paths(() => `/posts/${pick(content.publicPosts)}`),
			),
		),
		await feedOf("ordinary"),
		await feedOf("heavy"),
		await feedOf("silent"),
		await feedOf("empty"),
		...both(
			read(
				"/users/{name}",
				paths(() => `/users/${pick(content.authors)}`),
			),
		),
		...both(
			read(
				"/users/{name}/posts",
				paths(() => `/users/${pick(content.authors)}/posts`),
			),
		),
		...both(
			read(
				"comments of a post",
				paths(() => `/comments/posts/${pick(content.busyPosts)}/comments`),
			),
		),
		...both(
			read(
				"likes of a post",
				paths(() => `/likes/posts/${pick(content.busyPosts)}/likes`),
			),
		),
		signed(read("/auth/me", ["/auth/me"])),
		search("a rare word", () => q(rareWord(text.below(rareWords(content.counts.posts))))),
		...both(search("a common word", (i) => q(vocabulary[i % 8] as string))),
		search("a short word", () => q(pick(short))),
		...both(search("two words", () => q(words(0, 50), words(500, 1_000)))),
		search("a word, of an author", () => `${q(words(0, 50))}&author=${pick(content.authors)}`),
		{
			name: "POST /posts/",
			status: 201,
			isSignedIn: true,
			calls: tokens.map((token) => ({
				method: "POST",
				path: "/posts/",
				token,
				body: JSON.stringify({ content: text.post() }),
			})),
		},
	];
}
