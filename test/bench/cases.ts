import type { Call, Community } from "./community";
import { marks, samples, tagged } from "./texts";

/** Makes the request of one run; what it does before that is not measured. */
type Make = (site: Community) => Call | Promise<Call>;
export type Case = {
	status: number;
	/** The same route with ordinary content. */
	ordinary: Make;
	/** By what is dear about it. */
	dearest: Record<string, Make>;
	/** How often each is measured; what takes long is measured less often. */
	runs?: number;
	/** The server may go on with it after the answer, which is measured as well. */
	isUnfinished?: true;
};

/** The same request of both communities. */
const both = (status: number, content: string, make: Make, runs?: number): Case => ({
	status,
	ordinary: make,
	dearest: { [content]: make },
	runs,
});
const unfinished: typeof both = (...made) => ({ ...both(...made), isUnfinished: true });
const fixed = (path: string, content = "the same for all") => both(200, content, () => ({ path }));

const searches = (sort: "newest" | "relevance"): Record<string, Make> =>
	Object.fromEntries(
		samples.map(({ name, word }) => [
			`${name}, ${sort}`,
			() => ({ path: `/posts/?limit=100&sort=${sort}&q=${encodeURIComponent(`${word} `)}` }),
		]),
	);
const q = encodeURIComponent;
const manyWords = "a b c d e f g h i j k l m n o needle ";
/** As long as a search may be, and each of its words is in very many posts. */
const longQuery = `first needle ${"-x1 ".repeat(12)}${"first ".repeat(80)}`.slice(0, 500);

/** A header as long as Bun takes. */
const longHeader = { "user-agent": `Mozilla/5.0 ${"Version/ ".repeat(1_700)}` };
const longAccept = { accept: "text/html;q=0.9, ".repeat(900), "if-none-match": `"${"x".repeat(1_000)}"` };
/** As many marks as a password may have, of which some become two by NFKC. */
const longPassword = marks(200, 0);

const ownPost = async (site: Community) => {
	const author = await site.fresh();
	return { author, id: await site.popularPost(author) };
};
/** A post that its author deleted. */
const trashedPost = async (site: Community) => {
	const { author, id } = await ownPost(site);
	await site.send("DELETE", { path: `/posts/${id}`, token: author.token });
	await site.stores.trash.resume(); // a restore has to wait for the end of the deletion
	return { author, id };
};
const resetToken = async (site: Community) => {
	const { username } = await site.fresh();
	return (await site.send("POST", { path: `/admin/users/${username}/reset-link`, token: site.admin })).token as string;
};
const postsOf = (script: string) => (site: Community) => site.posts[script] ?? site.star;
const writing = (make: (content: string) => Make): Record<string, Make> =>
	Object.fromEntries(
		samples.map(({ name, text }) => [
			name,
			make(
				text
					.repeat(Math.ceil(5_000 / text.length))
					.slice(0, 4_990)
					.toWellFormed(),
			),
		]),
	);
const json = (path: string, token: string, body: object): Call => ({ path, token, body });

/** A case for every route of the app, in an order in which none spoils another: what deletes comes last. */
export const cases: Record<string, Case> = {
	"GET /": fixed("/"),
	"GET /livez": fixed("/livez"),
	"GET /readyz": fixed("/readyz"),
	"GET /openapi.json": fixed("/openapi.json"),
	"GET /client.ts": fixed("/client.ts"),
	"GET /docs": fixed("/docs"),
	"GET /docs/handbook": fixed("/docs/handbook"),
	"GET /docs/handbook/:topic": fixed("/docs/handbook/api"),
	"GET /docs/handbook.css": fixed("/docs/handbook.css"),
	"GET /docs/start.js": fixed("/docs/start.js"),
	"GET /docs/swagger-ui.css": fixed("/docs/swagger-ui.css"),
	"GET /docs/swagger-ui-bundle.js": fixed("/docs/swagger-ui-bundle.js"),
	"GET /link": fixed("/link"),
	"GET /link/start.js": fixed("/link/start.js"),
	"GET /link/style.css": fixed("/link/style.css"),

	"GET /posts/": {
		status: 200,
		ordinary: () => ({ path: "/posts/?limit=100&q=first+" }),
		dearest: {
			"private posts in front": () => ({ path: "/posts/?limit=100" }),
			"popular, private posts in front": () => ({ path: "/posts/?limit=100&sort=popular" }),
			"oldest, signed in": ({ owner: { token } }) => ({ path: "/posts/?limit=100&sort=oldest", token }),
			"a query of 500 characters": () => ({ path: `/posts/?limit=100&q=${q(longQuery)}` }),
			"16 words": () => ({ path: `/posts/?limit=100&q=${q(manyWords)}` }),
			"an author, headers of 16 KB": () => ({ path: "/posts/?limit=100&author=user0", headers: longAccept }),
			...searches("newest"),
			...searches("relevance"),
		},
	},
	"GET /posts/:post_id": {
		status: 200,
		ordinary: (site) => ({ path: `/posts/${site.star}` }),
		dearest: { "5,000 characters": (site) => ({ path: `/posts/${postsOf("emoji")(site)}`, headers: longAccept }) },
	},
	"GET /feed/": both(200, "thousands followed", ({ owner: { token } }) => ({ path: "/feed/?limit=100", token })),
	"GET /tags": {
		status: 200,
		ordinary: () => ({ path: "/tags?limit=100" }),
		dearest: {
			"names of 100 characters": () => ({ path: "/tags?limit=100" }),
			"the beginning of one": () => ({ path: `/tags?limit=100&q=${q("ก".repeat(90))}` }),
			trending: () => ({ path: "/tags?trending&limit=100" }),
		},
	},
	"GET /tags/:tag": {
		status: 200,
		ordinary: () => ({ path: "/tags/tag?limit=100" }),
		dearest: {
			"private posts in front": () => ({ path: "/tags/tag?limit=100" }),
			"16 KB of marks": () => ({ path: `/tags/${q(`a${"\u0301".repeat(1_300)}${"\u0323".repeat(1_300)}`)}?limit=100` }),
		},
	},
	"GET /users": {
		status: 200,
		ordinary: () => ({ path: "/users?limit=100&q=u" }),
		dearest: {
			"thousands of people": () => ({ path: "/users?limit=100&q=u" }),
			"names of 50 marks": () => ({ path: `/users?limit=100&q=${q(`n${marks(2, 7)}`)}` }),
			"50 marks": () => ({ path: `/users?limit=100&q=${q(marks(50, 0))}` }),
		},
	},
	"GET /users/:username": both(200, "thousands of followers", ({ owner }) => ({
		path: `/users/${owner.username}`,
		token: owner.token,
	})),
	"GET /users/:username/posts": both(200, "long posts", ({ owner }) => ({
		path: `/users/${owner.username}/posts?limit=100`,
	})),
	"GET /users/:username/followers": both(200, "names of 50 marks", ({ owner }) => ({
		path: `/users/${owner.username}/followers?limit=100`,
	})),
	"GET /users/:username/following": both(200, "names of 50 marks", ({ owner }) => ({
		path: `/users/${owner.username}/following?limit=100`,
	})),
	"GET /likes/posts/:post_id/likes": both(200, "thousands of likes", ({ star }) => ({
		path: `/likes/posts/${star}/likes?limit=100`,
	})),
	"GET /comments/posts/:post_id/comments": both(200, "2,000 characters each", ({ star }) => ({
		path: `/comments/posts/${star}/comments?limit=100&sort=newest`,
	})),
	"GET /auth/me": both(200, "thousands of followers", ({ owner: { token } }) => ({
		path: "/auth/me",
		token,
		headers: longHeader,
	})),
	"GET /auth/sessions": both(200, "50 sessions", ({ owner: { token } }) => ({ path: "/auth/sessions", token })),
	"GET /auth/tokens": both(200, "50 tokens", ({ owner: { token } }) => ({ path: "/auth/tokens", token })),
	"GET /invites": both(200, "many invitations", ({ admin: token }) => ({ path: "/invites?limit=100", token })),
	"GET /trash": both(200, "many posts", ({ owner: { token } }) => ({ path: "/trash?limit=100", token })),
	"GET /admin/trash": both(200, "many posts", ({ admin: token }) => ({ path: "/admin/trash?limit=100", token })),
	"GET /admin/users": {
		status: 200,
		ordinary: ({ admin: token }) => ({ path: "/admin/users?limit=100", token }),
		dearest: {
			"a part of names": ({ admin: token }) => ({ path: "/admin/users?limit=100&q=99", token }),
			"254 marks": ({ admin: token }) => ({ path: `/admin/users?limit=100&q=${q(marks(254, 0))}`, token }),
			suspended: ({ admin: token }) => ({ path: "/admin/users?limit=100&state=suspended", token }),
		},
	},
	"GET /admin/audit": {
		status: 200,
		ordinary: ({ admin: token }) => ({ path: "/admin/audit?limit=100", token }),
		dearest: {
			"a long record": ({ admin: token, owner }) => ({ path: `/admin/audit?limit=100&user=${owner.username}`, token }),
			"a rare action": ({ admin: token, owner }) => ({
				path: `/admin/audit?limit=100&action=backup_fetched&user=${owner.username}`,
				token,
			}),
		},
	},
	"GET /metrics": both(200, "as many routes", ({ admin: token }) => ({ path: "/metrics", token })),
	"GET /admin/doctor": both(200, "by another process", ({ admin: token }) => ({ path: "/admin/doctor", token }), 1),
	"POST /admin/backups": both(
		202,
		"by another process",
		async ({ admin: token, backups }) => {
			await backups.ended();
			return { path: "/admin/backups", token };
		},
		1,
	),
	"GET /admin/backups": both(200, "a few", ({ admin: token }) => ({ path: "/admin/backups", token })),
	"GET /admin/backups/:name": both(
		200,
		"the whole file",
		async ({ admin: token, backups }) => {
			await backups.ended();
			const done = (await backups.list()).find(({ state }) => state === "done");
			return { path: `/admin/backups/${done?.name}`, token };
		},
		1,
	),
	"GET /users/me/export": both(
		200,
		"all of a large account",
		({ owner: { token } }) => ({ path: "/users/me/export", token }),
		1,
	),

	"POST /auth/register": {
		status: 201,
		ordinary: () => {
			const username = `new${Date.now()}${Math.floor(performance.now() * 1000) % 1e6}`;
			return {
				path: "/auth/register",
				body: { username, email: `${username}@example.com`, password: "a quiet orchard wall" },
			};
		},
		dearest: {
			"the longest fields": (site) => {
				const username = `m${Date.now()}${Math.floor(performance.now() * 1000) % 1e6}`;
				const email = `${username}${marks(200, 0)}@example.com`;
				const body = { username, email, password: longPassword, display_name: site.displayName(1) };
				return { path: "/auth/register", body, headers: longHeader };
			},
		},
		runs: 3,
	},
	"POST /auth/login": {
		status: 200,
		ordinary: ({ visitor, password }) => ({ path: "/auth/login", body: { username: visitor.username, password } }),
		dearest: {
			"50 sessions, a header of 16 KB": ({ visitor, password }) => ({
				path: "/auth/login",
				body: { username: visitor.username, password },
				headers: longHeader,
			}),
			"200 marks": ({ visitor }) => ({
				...{ path: "/auth/login", status: 401 },
				body: { username: visitor.username, password: longPassword },
			}),
			"a name of 254 marks": () => ({
				...{ path: "/auth/login", status: 401 },
				body: { username: marks(254, 0), password: longPassword },
			}),
		},
		runs: 3,
	},
	"POST /oauth/token": both(
		200,
		"a long scope",
		({ visitor: { username }, password }) => ({
			path: "/oauth/token",
			body: new URLSearchParams({ grant_type: "password", username, password, scope: "read ".repeat(5_000).trim() }),
		}),
		3,
	),
	"POST /oauth/revoke": both(200, "a token of 60 KB", () => ({
		path: "/oauth/revoke",
		body: new URLSearchParams({ token: "x".repeat(60_000) }),
	})),
	"POST /auth/refresh": both(
		200,
		"a header of 16 KB",
		async (site) => ({
			path: "/auth/refresh",
			body: { refresh_token: (await site.fresh()).refreshToken },
			headers: longHeader,
		}),
		3,
	),
	"POST /auth/logout": both(204, "512 characters", () => ({
		path: "/auth/logout",
		body: { refresh_token: "x".repeat(512) },
	})),
	"POST /auth/password": both(
		204,
		"200 marks",
		async (site) => {
			const { token } = await site.fresh();
			return json("/auth/password", token, { current_password: site.password, new_password: longPassword });
		},
		3,
	),
	"POST /auth/reset": both(
		204,
		"200 marks",
		async (site) => ({
			path: "/auth/reset",
			body: { token: await resetToken(site), new_password: longPassword },
		}),
		3,
	),
	"POST /auth/tokens": both(
		201,
		"a name of 50 marks",
		async (site) => {
			const { token } = await site.fresh();
			return json("/auth/tokens", token, { name: site.displayName(1), scopes: ["read", "write"] });
		},
		3,
	),
	"POST /invites": both(201, "many invitations", ({ admin: token }) =>
		json("/invites", token, { uses: 100, expires_in_days: 90 }),
	),
	"PATCH /users/me": {
		status: 200,
		ordinary: ({ owner: { token } }) => json("/users/me", token, { bio: "I count on engines." }),
		dearest: {
			"a bio of 500 marks": (site) =>
				json("/users/me", site.owner.token, { display_name: site.displayName(1), bio: site.longText(500) }),
			"a picture of 12 megapixels": async (site) => ({
				path: "/users/me",
				token: site.owner.token,
				body: await site.pictureForm("avatar"),
			}),
		},
		runs: 3,
	},
	"POST /posts/": {
		status: 201,
		ordinary: (site) => json("/posts/", site.owner.token, { content: site.postText() }),
		dearest: {
			"30 tags and 30 mentions": ({ owner: { token } }) =>
				json("/posts/", token, { content: tagged(Math.floor(performance.now())) }),
			"a picture of 12 megapixels": async (site) => ({
				path: "/posts/",
				token: site.owner.token,
				body: await site.pictureForm("image"),
			}),
			...writing(
				(content) =>
					({ owner: { token } }) =>
						json("/posts/", token, { content }),
			),
		},
		runs: 3,
	},
	"GET /uploads/:name": both(
		200,
		"a picture",
		async (site) => {
			const body = await site.pictureForm("image");
			const { image_url } = await site.send("POST", { path: "/posts/", token: site.owner.token, body });
			return { path: image_url };
		},
		2,
	),
	"PATCH /posts/:post_id": {
		status: 200,
		ordinary: (site) => json(`/posts/${site.star}`, site.owner.token, { content: site.postText() }),
		dearest: {
			"very many words": ({ star, owner: { token }, wordyText }) =>
				json(`/posts/${star}`, token, { content: wordyText() }),
			...writing(
				(content) =>
					({ star, owner: { token } }) =>
						json(`/posts/${star}`, token, { content: `${Math.random()}`.slice(2, 8) + content.slice(6) }),
			),
		},
		runs: 3,
	},
	"POST /users/:username/follow": both(200, "thousands followed", ({ owner: { token } }) => ({
		path: "/users/root1/follow",
		token,
	})),
	"DELETE /users/:username/follow": both(200, "thousands followed", async (site) => {
		const call = { path: "/users/root1/follow", token: site.owner.token };
		await site.send("POST", call);
		return call;
	}),
	"POST /likes/posts/:post_id/like": both(200, "thousands of likes", async ({ star, admin: token, send }) => {
		const call = { path: `/likes/posts/${star}/like`, token };
		await send("DELETE", call);
		return call;
	}),
	"DELETE /likes/posts/:post_id/like": both(200, "thousands of likes", async ({ star, admin: token, send }) => {
		const call = { path: `/likes/posts/${star}/like`, token };
		await send("POST", call);
		return call;
	}),
	"POST /comments/posts/:post_id/comments": both(201, "2,000 characters", (site) =>
		json(`/comments/posts/${site.star}/comments`, site.owner.token, {
			content: site.isDear ? site.longText(2_000) : "Well said",
		}),
	),
	"POST /admin/users/:username/reset-link": both(201, "a person", ({ owner, admin: token }) => ({
		path: `/admin/users/${owner.username}/reset-link`,
		token,
	})),
	"PATCH /admin/users/:username": both(
		200,
		"a person with posts",
		async (site) => {
			const { username } = await site.leaver();
			return json(`/admin/users/${username}`, site.admin, { state: "suspended" });
		},
		1,
	),

	"DELETE /auth/sessions": both(
		204,
		"50 sessions",
		async (site) => {
			const { id, token } = await site.fresh();
			for (let i = 0; i < Math.min(49, site.sizes.credentials); i++) await site.addSession(id);
			return { path: "/auth/sessions", token };
		},
		3,
	),
	"DELETE /auth/sessions/:id": both(
		204,
		"50 sessions",
		async (site) => {
			const { id, token } = await site.fresh();
			for (let i = 0; i < Math.min(49, site.sizes.credentials); i++) await site.addSession(id);
			const { items } = await site.send("GET", { path: "/auth/sessions", token });
			return { path: `/auth/sessions/${items.find(({ current }: { current: boolean }) => !current).id}`, token };
		},
		3,
	),
	"DELETE /auth/tokens/:id": both(
		204,
		"50 tokens",
		async (site) => {
			const person = await site.fresh();
			const { token } = person;
			for (let i = 0; i < Math.min(50, site.sizes.credentials); i++) await site.addToken(person);
			const { items } = await site.send("GET", { path: "/auth/tokens", token });
			return { path: `/auth/tokens/${items[0].id}`, token };
		},
		3,
	),
	"DELETE /invites/:id": both(204, "many invitations", async ({ send, admin: token }) => {
		const { id } = await send("POST", { path: "/invites", token, body: {} });
		return { path: `/invites/${id}`, token };
	}),
	"DELETE /comments/:comment_id": both(204, "2,000 characters", async (site) => {
		const { star, owner } = site;
		const made = await site.addComment(star, owner.id);
		return { path: `/comments/${made?.id}`, token: owner.token };
	}),
	"DELETE /posts/:post_id": {
		status: 204,
		ordinary: async (site) => {
			const { author, id } = await ownPost(site);
			return { path: `/posts/${id}`, token: author.token };
		},
		dearest: {
			"thousands of likes and comments": async (site) => {
				const { author, id } = await ownPost(site);
				return { path: `/posts/${id}`, token: author.token };
			},
			"very many words": async (site) => ({
				path: `/posts/${await site.addPost(site.owner.id, site.wordyText())}`,
				token: site.owner.token,
			}),
			...writing((content) => async (site) => ({
				path: `/posts/${await site.addPost(site.owner.id, content)}`,
				token: site.owner.token,
			})),
		},
		runs: 2,
	},
	"POST /trash/:id/restore": both(
		200,
		"thousands of likes and comments",
		async (site) => {
			const { author, id } = await trashedPost(site);
			return { path: `/trash/${id}/restore`, token: author.token };
		},
		2,
	),
	"DELETE /trash/:id": both(
		204,
		"thousands of likes and comments",
		async (site) => {
			const { author, id } = await trashedPost(site);
			return { path: `/trash/${id}`, token: author.token };
		},
		2,
	),
	"POST /admin/trash/:id/restore": both(
		200,
		"thousands of likes and comments",
		async (site) => {
			const { id } = await trashedPost(site);
			return { path: `/admin/trash/${id}/restore`, token: site.admin };
		},
		2,
	),
	"DELETE /admin/trash/:id": both(
		204,
		"thousands of likes and comments",
		async (site) => {
			const { id } = await trashedPost(site);
			return { path: `/admin/trash/${id}`, token: site.admin };
		},
		2,
	),
	"DELETE /admin/users/:username": unfinished(
		204,
		"very many posts",
		async (site) => ({
			path: `/admin/users/${(await site.leaver()).username}`,
			token: site.admin,
		}),
		1,
	),
	"DELETE /users/me": unfinished(
		204,
		"very many posts",
		async (site) => {
			const { token } = await site.leaver();
			return json("/users/me", token, { password: site.password });
		},
		1,
	),
	"POST /auth/restore": unfinished(
		200,
		"very many posts",
		async (site) => {
			const { token, username } = await site.leaver();
			await site.send("DELETE", json("/users/me", token, { password: site.password }));
			await site.stores.trash.resume();
			return { path: "/auth/restore", body: { username, password: site.password } };
		},
		1,
	),
};
