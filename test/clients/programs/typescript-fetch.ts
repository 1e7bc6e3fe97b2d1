import { AuthApi, Configuration, PostsApi, ResponseError, UsersApi } from "../generated/typescript-fetch";
import type { Use } from "./types";

export const use: Use = async ({ baseUrl: basePath, username, password, picture }) => {
	const auth = new AuthApi(new Configuration({ basePath }));
	await auth.register({ registration: { username, email: `${username}@example.com`, password } });
	const session = await auth.login({ login: { username, password } });
	const configuration = new Configuration({ basePath, accessToken: session.accessToken });
	const [posts, users] = [new PostsApi(configuration), new UsersApi(configuration)];

	const text = await posts.createPost({ newPost: { content: "Hello", title: null } });
	const pictured = await posts.createPostWithPicture({ image: picture, content: "Look" });
	const page = await posts.getPosts({ author: username, limit: 10 });
	const refused = await posts.getPost({ postId: session.user.id }).catch(async (error: unknown) => {
		if (!(error instanceof ResponseError)) throw error;
		return (await error.response.json()) as { code: string };
	});

	await users.updateMeWithPicture({ avatar: picture });
	const kept = await users.updateMe({ profileUpdate: { bio: "I count on engines." } });
	const removed = await users.updateMe({ profileUpdate: { avatar: null } });
	if (!pictured.image) throw new Error("a picture is missing");
	return {
		signedIn: session.user.username,
		text: text.content,
		picture: [pictured.image.width, pictured.image.height],
		listed: page.items.map(({ content }) => content),
		refused: "code" in refused ? refused.code : "",
		keptAvatar: kept.avatarUrl !== null,
		removedAvatar: removed.avatarUrl === null,
	};
};
