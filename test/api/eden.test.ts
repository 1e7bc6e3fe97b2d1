import { expect, test } from "bun:test";
import { treaty } from "@elysiajs/eden";
import type { App } from "minifeed";
import { password, testApp } from "../support/app";
import { picture } from "../support/pictures";

const person = { username: "ada", email: "ada@example.com", password };

async function signedIn() {
	const { app } = testApp();
	const { data: session } = await treaty<App>(app, { parseDate: false }).auth.register.post(person);
	const headers = { authorization: `Bearer ${session?.access_token}` };
	return { app, headers, api: treaty<App>(app, { parseDate: false, headers }) };
}

test("eden makes a client of the app's type", async () => {
	const { api } = await signedIn();
	const { data: post } = await api.posts.post({ content: "Hello", visibility: "followers" });
	const title: string | null | undefined = post?.title;
	expect(title).toBeNull();

	const { data: page } = await api.posts.get({ query: { sort: "newest", limit: 2 } });
	expect(page?.items.map(({ author, content }) => `${author.username}: ${content}`)).toEqual(["ada: Hello"]);

	const { data: liked } = await api.likes.posts({ post_id: post?.id ?? "" }).like.post();
	expect(liked?.like_count).toBe(1);
	const { data: feed } = await api.feed.get();
	expect(feed?.items[0]?.liked).toBe(true);

	expect((await api.posts({ post_id: post?.id ?? "" }).delete()).status).toBe(204);
});

test("a file in a body goes out as a form, and null as JSON", async () => {
	const { api } = await signedIn();
	const image = new File([await picture()], "tea.jpg");
	const { data: post } = await api.posts.post({ image, image_alt: "Tea", visibility: "followers" });
	const width: number | undefined = post?.image?.width;
	expect([width, post?.image?.alt, post?.content, post?.visibility]).toEqual([64, "Tea", "", "followers"]);

	const one = api.posts({ post_id: post?.id ?? "" });
	expect((await one.patch({ image, title: "Tea" })).data).toMatchObject({ title: "Tea", image: { width: 64 } });
	expect((await one.patch({ image: null, content: "Drunk" })).data).toMatchObject({ image: null, content: "Drunk" });
	expect((await api.users.me.patch({ avatar: image })).data?.avatar_url).toStartWith("/uploads/");
	expect((await api.users.me.patch({ avatar: null })).data?.avatar_url).toBeNull();
	// @ts-expect-error: a picture is a file, and not where one is
	expect((await api.posts.post({ image: "tea.jpg" })).status).toBe(422);
});

test("its errors are problems, whatever their status", async () => {
	const { api } = await signedIn();
	const { data, error } = await api.posts({ post_id: "nonsense" }).get();
	expect(data).toBeNull();
	const code: "not_found" | "busy" | undefined =
		error?.value.code === "not_found" || error?.value.code === "busy" ? error.value.code : undefined;
	expect([error?.status, code]).toEqual([404, "not_found"]);

	const { error: refused } = await api.posts.post({ content: " " });
	if (refused?.status !== 422) throw new Error("a blank post was taken");
	expect(refused.value.errors?.map(({ pointer }) => pointer)).toEqual(["/content"]);
});

test("the compiler refuses what the API does", async () => {
	const { api } = await signedIn();
	// @ts-expect-error: a post has content
	expect((await api.posts.post({ title: "Nothing" })).status).toBe(422);
	// @ts-expect-error: a title is text
	expect((await api.posts.post({ content: "Hello", title: 1 })).status).toBe(422);
	// @ts-expect-error: nobody may sort like this
	expect((await api.posts.get({ query: { sort: "longest" } })).status).toBe(422);
	// @ts-expect-error: there is no such path
	expect((await api.post.get()).status).toBe(404);
	const { data, error } = await api.posts.get();
	// @ts-expect-error: a page has items
	expect(data?.posts).toBeUndefined();
	// @ts-expect-error: the type of the app is a type, and not any
	const code: "wrong" | undefined = error?.value.code;
	expect(code).toBeUndefined();
});

test("without parseDate: false, text that looks like a time would not stay text", async () => {
	const { app, api, headers } = await signedIn();
	const content = "2026-01-02T03:04:05Z";
	const { data: kept } = await api.posts.post({ content });
	expect(kept?.content).toBe(content);
	const post_id = kept?.id ?? "";
	const { data: parsed } = await treaty<App>(app, { headers }).posts({ post_id }).get();
	expect(parsed?.content as unknown).toEqual(new Date(content));
});

test("errors of OAuth2 are typed as what they are", async () => {
	const { api } = await signedIn();
	const { error } = await api.oauth.token.post({ grant_type: "password" }); // as JSON, which it is not for
	const named: string | undefined = error?.value.error;
	expect(named).toBe("invalid_request");
});
