import { expect, test } from "bun:test";
import type { WriteBlock } from "../../src/http/read-only";
import { password, testApp } from "../support/app";

function holding() {
	let held: WriteBlock | null = null;
	const app = testApp({ writeBlock: () => held });
	return { ...app, writeBlock: (now: WriteBlock | null) => (held = now) };
}

test("in maintenance everybody reads and nobody writes, not even a session", async () => {
	const { anonymous, as, writeBlock } = holding();
	const ada = await as("ada");
	const { body: post } = await ada.post("/posts/", { content: "before" });
	writeBlock({ why: "maintenance", message: "Back at six" });
	for (const path of ["/posts/", `/posts/${post.id}`, "/feed/", "/auth/me", "/users/ada", "/readyz"])
		expect((await ada.get(path)).status).toBe(200);
	const refused = await ada.post("/posts/", { content: "now" });
	expect(refused).toMatchObject({ status: 503, body: { code: "busy", detail: "Back at six" } });
	expect(refused.headers.get("retry-after")).toBe("60");
	for (const { status } of [
		await ada.delete(`/posts/${post.id}`),
		await ada.post(`/likes/posts/${post.id}/like`),
		await ada.patch("/users/me", { bio: "new" }),
		await anonymous.post("/auth/login", { username: "ada", password }),
		await anonymous.post("/nowhere"),
	])
		expect(status).toBe(503);

	writeBlock(null);
	expect((await ada.post("/posts/", { content: "after" })).status).toBe(201);
	expect((await ada.get("/posts/")).body.items).toHaveLength(2);
});

test("on a disk that is nearly full nothing can be added, but read, deleted and looked after", async () => {
	const { anonymous, as, asAdmin, writeBlock } = holding();
	const [ada, root] = [await as("ada"), await asAdmin("root")];
	const { body: post } = await ada.post("/posts/", { content: "before" });
	writeBlock({ why: "disk" });
	for (const { status, body } of [
		await ada.post("/posts/", { content: "now" }),
		await ada.patch(`/posts/${post.id}`, { content: "longer" }),
		await ada.post(`/comments/posts/${post.id}/comments`, { content: "well said" }),
		await anonymous.post("/auth/register", { username: "eve", email: "eve@example.com", password }),
	])
		expect({ status, code: body.code }).toEqual({ status: 507, code: "storage_full" });
	expect((await anonymous.post("/auth/login", { username: "ada", password })).status).toBe(200);
	expect((await root.patch("/admin/users/ada", { state: "suspended" })).status).toBe(200);
	expect((await root.delete(`/posts/${post.id}`)).status).toBe(204);
	expect((await anonymous.get("/posts/")).body.items).toEqual([]);
});
