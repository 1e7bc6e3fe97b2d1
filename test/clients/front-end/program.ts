import { createTestApp, type Me, type Session, type TestApp } from "minifeed/testing";
import { ApiError, all, type Client, createClient } from "../generated/client.ts";

const baseUrl: string = import.meta.env.BASE_URL;

/** The client of a page that runs, or that a test runs. */
export const clientOf = (app?: TestApp): Client => createClient({ baseUrl, fetch: app?.fetch ?? fetch });

export async function showPosts(list: HTMLUListElement, api: Client) {
	for await (const { content, image } of all((page) => api.getPosts({ sort: "popular", ...page }))) {
		const item = document.createElement("li");
		item.textContent = content;
		if (image) item.append(Object.assign(new Image(), { src: baseUrl + image.url, alt: image.alt }));
		list.append(item);
	}
}

export async function share(input: HTMLInputElement, api: Client): Promise<string> {
	try {
		const image = input.files?.[0];
		const post = image ? await api.createPost({ image }) : await api.createPost({ content: input.value });
		return post.id;
	} catch (error) {
		return error instanceof ApiError ? `${error.code}` : "unreachable";
	}
}

export async function tryOut(): Promise<Me> {
	await using app = await createTestApp({ users: 3, posts: 10, seed: 2 });
	const session: Session = await app.signIn(app.people[1]);
	app.clock.advance({ minutes: 31 });
	const instead: typeof fetch = app.fetch;
	const answer = await instead(new URL("/auth/me", location.href), {
		headers: { authorization: `Bearer ${session.access_token}` },
	});
	const until: Date = app.clock.now;
	console.log(answer.status, until.getTime(), session.user.viewer?.following);
	// @ts-expect-error: there is no such option
	await createTestApp({ people: 3 });
	// @ts-expect-error: an account has a role
	console.log(session.user.isAdmin);
	return session.user;
}
