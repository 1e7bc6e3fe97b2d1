import createClient from "openapi-fetch";
import type { paths } from "../generated/openapi-typescript/api";
import type { Use } from "./types";

const asForm = (body: object) => {
	const form = new FormData();
	for (const [name, value] of Object.entries(body)) form.append(name, value);
	return form;
};

export const use: Use = async ({ baseUrl, username, password, picture }) => {
	const api = createClient<paths>({ baseUrl });
	const email = `${username}@example.com`;
	await api.POST("/auth/register", { body: { username, email, password } });
	const { data: session } = await api.POST("/auth/login", { body: { username, password } });
	if (!session) throw new Error("no session");
	api.use({
		onRequest: ({ request }) => request.headers.set("authorization", `Bearer ${session.access_token}`),
	});

	const { data: text } = await api.POST("/posts/", { body: { content: "Hello", title: null } });
	// The generator knows no type for files: it says string.
	const body = { image: picture as unknown as string, content: "Look" };
	const { data: pictured } = await api.POST("/posts", { body, bodySerializer: asForm });
	const { data: page } = await api.GET("/posts/", { params: { query: { author: username, limit: 10 } } });
	const { error } = await api.GET("/posts/{post_id}", { params: { path: { post_id: session.user.id } } });

	const avatar = { avatar: picture as unknown as string };
	await api.PATCH("/users/me/", { body: avatar, bodySerializer: asForm });
	const { data: kept } = await api.PATCH("/users/me", { body: { bio: "I count on engines." } });
	const { data: removed } = await api.PATCH("/users/me", { body: { avatar: null } });
	if (!text || !pictured?.image || !page || !kept || !removed) throw new Error("an answer is missing");
	return {
		signedIn: session.user.username,
		text: text.content,
		picture: [pictured.image.width, pictured.image.height],
		listed: page.items.map(({ content }) => content),
		refused: error?.code ?? "",
		keptAvatar: kept.avatar_url !== null,
		removedAvatar: removed.avatar_url === null,
	};
};
