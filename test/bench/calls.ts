import { accessTokens } from "../../src/http/tokens";
import type { Reader, Text } from "./database";

export type Call = { method: "GET" | "POST"; path: string; token?: string; body?: string };
export type Endpoint = { name: string; status: number; calls: Call[] };

/** How many different calls of each kind take turns: enough that nothing answers from one warm row. */
const variety = 64;

/** What is measured, the writes last: they make the two databases differ. */
export async function endpoints(
	secret: string,
	{ readers, publicPosts, text }: { readers: Reader[]; publicPosts: string[]; text: Text },
): Promise<Endpoint[]> {
	const now = () => new Date();
	const { sign } = accessTokens({ secret, algorithm: "HS256", lifetimeSeconds: 24 * 60 * 60, now });
	const tokens = await Promise.all(readers.slice(0, variety).map(sign));
	const ids = Array.from({ length: variety }, () => publicPosts[text.below(publicPosts.length)]);
	return [
		{ name: "GET /posts/", status: 200, calls: [{ method: "GET", path: "/posts/" }] },
		{ name: "GET /posts/{id}", status: 200, calls: ids.map((id) => ({ method: "GET", path: `/posts/${id}` })) },
		{ name: "GET /feed/", status: 200, calls: tokens.map((token) => ({ method: "GET", path: "/feed/", token })) },
		{
			name: "POST /posts/",
			status: 201,
			calls: tokens.map((token) => ({
				method: "POST",
				path: "/posts/",
				token,
				body: JSON.stringify({ content: text.post() }),
			})),
		},
	];
}

/** The bytes of a call, with the headers that an ordinary client sends. */
export function render({ method, path, token, body = "" }: Call): Uint8Array {
	const lines = [`${method} ${path} HTTP/1.1`, "Host: localhost:8000", "User-Agent: bench", "Accept: application/json"];
	if (token) lines.push(`Authorization: Bearer ${token}`);
	if (body) lines.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
	return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
