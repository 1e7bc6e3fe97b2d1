import {
	createPost,
	createPostWithPicture,
	getPost,
	getPosts,
	login,
	register,
	updateMe,
	updateMeWithPicture,
} from "../generated/orval/api";
import type { Use } from "./types";

export const use: Use = async ({ username, password, picture }) => {
	await register({ username, email: `${username}@example.com`, password });
	const session = await login({ username, password });
	if (session.status !== 200) throw new Error("no session");
	const options = { headers: { authorization: `Bearer ${session.data.access_token}` } };

	const text = await createPost({ content: "Hello", title: null }, options);
	const pictured = await createPostWithPicture({ image: picture, content: "Look" }, options);
	const page = await getPosts({ author: username, limit: 10 }, options);
	const refused = await getPost(session.data.user.id, options);

	await updateMeWithPicture({ avatar: picture }, options);
	const kept = await updateMe({ bio: "I count on engines." }, options);
	const removed = await updateMe({ avatar: null }, options);
	if (text.status !== 201 || pictured.status !== 201 || !pictured.data.image) throw new Error("a post is missing");
	if (page.status !== 200 || kept.status !== 200 || removed.status !== 200) throw new Error("an answer is missing");
	return {
		signedIn: session.data.user.username,
		text: text.data.content,
		picture: [pictured.data.image.width, pictured.data.image.height],
		listed: page.data.items.map(({ content }) => content),
		refused: refused.status === 404 ? refused.data.code : "",
		keptAvatar: kept.data.avatar_url !== null,
		removedAvatar: removed.data.avatar_url === null,
	};
};
