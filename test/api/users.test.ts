import { expect, test } from "bun:test";
import { password, testApp, walk } from "../support/app";

test("a profile is open to everyone, by username in any case, and shows no private field", async () => {
	const { as, anonymous } = testApp();
	await as("ada");
	const { status, body } = await anonymous.get("/users/ADA");

	expect(status).toBe(200);
	expect(body).toMatchObject({ username: "ada", display_name: "ada", viewer: null });
	expect(body).not.toHaveProperty("email");
	expect(body).not.toHaveProperty("role");
});

test("a profile tells a signed-in viewer how the two stand", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	await ada.post("/users/bob/follow");

	expect((await ada.get("/users/bob")).body.viewer).toEqual({ following: true, followed_by: false });
	expect((await bob.get("/users/ada")).body.viewer).toEqual({ following: false, followed_by: true });
	expect((await bob.get("/users/ada")).body).toMatchObject({ followers_count: 0, following_count: 1 });
});

test("there is no such user", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");

	for (const path of ["/users/bob", "/users/bob/posts", "/users/bob/followers", "/users/bob/following", "/users/me"])
		expect([path, (await anonymous.get(path)).body.code]).toEqual([path, "not_found"]);
	expect((await ada.post("/users/bob/follow")).status).toBe(404);
	expect((await ada.delete("/users/bob/follow")).status).toBe(404);
	expect((await anonymous.get("/users/%00%ff%")).status).toBe(404);
});

test("a name that shows nothing means the username, and one that reaches beyond itself stays within its line", async () => {
	const app = testApp();
	const ada = await app.as("ada");
	const name = async (display_name: string) => (await ada.patch("/users/me", { display_name })).body.display_name;
	for (const blank of ["", " \t\u3000", "\u200b", "\u3164", "\u2800", "\u202e", "\u{e0020}", "\u0007", "\u200d\ufe0f"])
		expect([blank, await name(blank)]).toEqual([blank, "ada"]);
	expect(await name("Ada \u202e\u2067\u001b[31mLovelace\r\n\u2028III\u0085")).toBe("Ada [31mLovelace III");
	for (const text of ["👩‍👩‍👧", "می‌خواهم", "ශ්‍රී", "❤️", "עדה לאבלייס\u200f", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]) expect(await name(text)).toBe(text);

	const registered = await app.anonymous.post("/auth/register", {
		...{ username: "bob", email: "bob@example.com", password: ada.password, display_name: "\u3164" },
	});
	expect(registered.body.user.display_name).toBe("bob");
	expect((await ada.patch("/users/me", { bio: "Hello\n\u202bthere" })).body.bio).toBe("Hello\n\u202bthere");
	expect((await ada.patch("/users/me", { bio: "\u3164\n" })).body.bio).toBe("");
});

test("one changes one's own profile, and only what one may", async () => {
	const { as, clock } = testApp();
	const ada = await as("ada");
	clock.now = new Date("2026-01-02T03:14:05.678Z");
	const others = { role: "admin", username: "root", email: "x@example.com" };
	for (const [name, value] of Object.entries(others))
		expect((await ada.patch("/users/me", { bio: "Hello", [name]: value })).body.errors).toEqual([
			{ pointer: `/${name}`, detail: "There is no such field." },
		]);
	const { status, body } = await ada.patch("/users/me", { display_name: " Ada ", bio: "Hello" });

	expect(status).toBe(200);
	expect(body).toMatchObject({
		display_name: "Ada",
		bio: "Hello",
		role: "user",
		username: "ada",
		email: "ada@example.com",
		updated_at: "2026-01-02T03:14:05.678Z",
	});
	expect((await ada.patch("/users/me", { bio: "" })).body).toMatchObject({ display_name: "Ada", bio: "" });
	expect((await ada.patch("/users/me", { display_name: "" })).body.display_name).toBe("ada");
	expect((await ada.patch("/users/me", { bio: "x".repeat(501) })).body.errors[0].pointer).toBe("/bio");
});

test("deleting an account needs its password and takes everything along", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");
	const { body: hers } = await ada.post("/posts/", { content: "by ada" });
	const { body: his } = await bob.post("/posts/", { content: "by bob" });
	await ada.post("/users/bob/follow");
	await bob.post("/users/ada/follow");
	await ada.post(`/likes/posts/${his.id}/like`);
	await bob.post(`/likes/posts/${hers.id}/like`);
	await ada.post(`/comments/posts/${his.id}/comments`, { content: "a comment" });

	expect((await ada.delete("/users/me", { password: "not the password" })).status).toBe(401);
	expect((await ada.delete("/users/me", {})).status).toBe(422);
	expect((await ada.delete("/users/me", { password })).status).toBe(204);

	expect((await ada.get("/auth/me")).status).toBe(401);
	expect((await anonymous.post("/auth/refresh", { refresh_token: ada.refreshToken })).status).toBe(401);
	expect((await anonymous.post("/auth/login", { username: "ada", password })).status).toBe(401);
	expect((await anonymous.get("/users/ada")).status).toBe(404);
	expect((await anonymous.get(`/posts/${hers.id}`)).status).toBe(404);
	expect((await anonymous.get("/posts/?q=ada")).body.items).toEqual([]);
	expect((await bob.get(`/posts/${his.id}`)).body).toMatchObject({ like_count: 0, comment_count: 0 });
	expect((await bob.get("/auth/me")).body).toMatchObject({ followers_count: 0, following_count: 0 });
	expect((await bob.get("/users/bob/followers")).body.items).toEqual([]);
	await as("ada"); // the name is free again
});

test("following is idempotent, counted, and not of oneself", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	const bob = await as("bob");

	expect((await ada.post("/users/bob/follow")).body).toEqual({ following: true, followed_by: false });
	expect((await ada.post("/users/BOB/follow")).body).toEqual({ following: true, followed_by: false });
	expect((await bob.post("/users/ada/follow")).body).toEqual({ following: true, followed_by: true });
	expect((await anonymous.get("/users/bob")).body).toMatchObject({ followers_count: 1, following_count: 1 });
	expect((await ada.delete("/users/bob/follow")).body).toEqual({ following: false, followed_by: true });
	expect((await ada.delete("/users/bob/follow")).body).toEqual({ following: false, followed_by: true });
	expect((await anonymous.get("/users/bob")).body).toMatchObject({ followers_count: 0, following_count: 1 });
	const oneself = await ada.post("/users/Ada/follow");
	expect([oneself.status, oneself.body.errors[0].pointer]).toEqual([422, "/username"]);
});

test("many who follow at once are counted once each", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	await as("bob");
	await Promise.all(Array.from({ length: 30 }, () => ada.post("/users/bob/follow")));

	expect((await anonymous.get("/users/bob")).body.followers_count).toBe(1);
});

test("followers and following come newest first, page by page", async () => {
	const { as, anonymous, clock } = testApp();
	const star = await as("star");
	for (const name of ["fan1", "fan2", "fan3", "fan4", "fan5"]) {
		const fan = await as(name);
		clock.now = new Date(clock.now.getTime() + (name === "fan3" ? 0 : 1)); // two of them in the same millisecond
		await fan.post("/users/star/follow");
		await star.post(`/users/${name}/follow`);
	}
	const names = (items: { username: string }[]) => items.map(({ username }) => username);

	expect(names(await walk(anonymous, "/users/star/followers"))).toEqual(["fan5", "fan4", "fan3", "fan2", "fan1"]);
	expect(names(await walk(anonymous, "/users/star/following"))).toEqual(["fan5", "fan4", "fan3", "fan2", "fan1"]);
});

test("people are found by the start of their username or display name, each once", async () => {
	const { as, anonymous } = testApp();
	await (await as("ada")).patch("/users/me", { display_name: "Ada Lovelace" });
	await (await as("grace")).patch("/users/me", { display_name: "Admiral Hopper" });
	await (await as("adele")).patch("/users/me", { display_name: "Zoë" });
	await (await as("zed")).patch("/users/me", { display_name: "Ｚoe wide" });
	const find = async (q: string) =>
		(await walk(anonymous, `/users?q=${encodeURIComponent(q)}`)).map(({ username }) => username);

	expect(await find("AD")).toEqual(["ada", "adele", "grace"]);
	expect(await find("zo")).toEqual(["adele", "zed"]);
	expect(await find("ZOE")).toEqual(["adele", "zed"]);
	expect(await find("zoë w")).toEqual(["zed"]);
	expect(await find("lovelace")).toEqual([]);
	expect(await find("%")).toEqual([]);
	expect(await find("_")).toEqual([]);
	expect((await anonymous.get("/users")).body.errors[0].pointer).toBe("/q");
	expect((await anonymous.get("/users/?q=")).status).toBe(422);
});
