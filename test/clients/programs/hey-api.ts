import {
	createPost,
	createPostWithPicture,
	getPost,
	getPosts,
	login,
	register,
	updateMe,
	updateMeWithPicture,
} from "../generated/hey-api";
import { client } from "../generated/hey-api/client.gen";
import type { Use } from "./types";

export const use: Use = async ({ baseUrl, username, password, picture }) => {
	client.setConfig({ baseUrl });
	await register({ body: { username, email: `${username}@example.com`, password } });
	const { data: session } = await login({ body: { username, password } });
	if (!session) throw new Error("no session");
	client.setConfig({ auth: () => session.access_token });

	const { data: text } = await createPost({ body: { content: "Hello", title: null } });
	const { data: pictured } = await createPostWithPicture({ body: { image: picture, content: "Look" } });
	const { data: page } = await getPosts({ query: { author: username, limit: 10 } });
	const { error } = await getPost({ path: { post_id: session.user.id } });

	await updateMeWithPicture({ body: { avatar: picture } });
	const { data: kept } = await updateMe({ body: { bio: "I count on engines." } });
	const { data: removed } = await updateMe({ body: { avatar: null } });
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
