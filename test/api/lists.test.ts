import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Person, testApp } from "../support/app";
import { runs } from "../support/runs";

test("a list says where it goes on, in the body and in a Link header", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	for (const content of ["word 1", "word 2", "word 3"]) await ada.post("/posts/", { content });
	const first = await anonymous.get("/posts/?limit=2&q=word");
	const link = /^<([^>]+)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
	const second = await anonymous.get(link);

	expect(link).toStartWith("/posts/?limit=2&q=word&cursor=");
	expect(first.body.items).toHaveLength(2);
	expect(second.body.items.map(({ content }: { content: string }) => content)).toEqual(["word 1"]);
	expect(second.body.next_cursor).toBeNull();
	expect(second.headers.has("link")).toBe(false);
	expect((await anonymous.get("/posts/?limit=3")).body.next_cursor).toBeNull();
});

test("a page has 20 items unless asked, and 100 at most", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	for (let i = 0; i < 101; i++) await ada.post("/posts/", { content: `${i}` });

	expect((await ada.get("/feed/")).body.items).toHaveLength(20);
	expect((await ada.get("/feed/?limit=100")).body.items).toHaveLength(100);
});

test("a cursor of another list, a damaged one and a made-up one are refused", async () => {
	const { as, anonymous } = testApp();
	const ada = await as("ada");
	for (const content of ["word 1", "word 2"]) await ada.post("/posts/", { content });
	const cursor = (await ada.get("/posts/?limit=1")).body.next_cursor;
	const flipped = (cursor[20] === "A" ? "B" : "A") + cursor.slice(21);
	const mine = (await ada.get("/feed/?limit=1")).body.next_cursor;

	for (const path of [
		`/feed/?cursor=${cursor}`,
		`/posts/?sort=oldest&cursor=${cursor}`,
		`/posts/?author=ada&cursor=${cursor}`,
		`/posts/?q=word&cursor=${cursor}`,
		`/users/ada/posts?cursor=${cursor}`,
		`/users/ada/followers?cursor=${cursor}`,
		`/users?q=a&cursor=${cursor}`,
		`/posts/?cursor=${mine}`,
		`/posts/?cursor=${cursor.slice(0, 20)}${flipped}`,
		`/posts/?cursor=${cursor.slice(0, -1)}`,
		...["=", ".", "%20", "%0A", "!"].map((more) => `/posts/?cursor=${cursor}${more}`),
		`/posts/?cursor=${cursor.slice(0, 9)}!${cursor.slice(9)}`,
		`/posts/?cursor=${Buffer.from("[1]").toString("base64url")}`,
	]) {
		const { status, body } = await ada.get(path);
		expect([path, status, body.errors?.[0]?.pointer]).toEqual([path, 422, "/cursor"]);
	}
	expect((await anonymous.get(`/posts/?cursor=${cursor}`)).status).toBe(200);
});

test("a cursor tells nothing of how much is hidden", async () => {
	const { as } = testApp();
	const ada = await as("ada");
	for (const content of ["1", "2", "3"]) await ada.post("/posts/", { content });
	const one = (await ada.get("/posts/?limit=1")).body.next_cursor;
	const again = (await ada.get("/posts/?limit=1")).body.next_cursor;

	expect(one).not.toBe(again);
	expect(Buffer.from(one, "base64url").toString("latin1")).not.toContain("[3]");
});

type Step = { act: "write" | "delete" | "hide" | "show"; at: number };

const steps = fc.array(
	fc.record({ act: fc.constantFrom<Step["act"]>("write", "delete", "hide", "show"), at: fc.nat(30) }),
	{ maxLength: 12 },
);

test("walking a list while others write, delete and hide neither repeats nor skips what stays", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom("/posts/", "/feed/", "/users/ada/posts", "/posts/?q=word"),
			fc.integer({ min: 1, max: 4 }),
			fc.array(steps, { minLength: 1, maxLength: 8 }),
			async (path, limit, changes) => {
				const { as } = testApp();
				const ada = await as("ada");
				const reader = await as("reader");
				await reader.post("/users/ada/follow");
				const ids: string[] = [];
				for (let i = 0; i < 8; i++) ids.push((await ada.post("/posts/", { content: `word ${i}` })).body.id);
				const staying = new Set(ids);
				const seen: string[] = [];
				let cursor = "";
				for (let page = 0; cursor !== null; page++) {
					const separator = path.includes("?") ? "&" : "?";
					const { body } = await reader.get(`${path}${separator}limit=${limit}${cursor && `&cursor=${cursor}`}`);
					seen.push(...body.items.map(({ id }: { id: string }) => id));
					cursor = body.next_cursor;
					for (const step of changes[page] ?? []) await apply(step, ada, ids, staying);
				}

				expect(new Set(seen).size).toBe(seen.length);
				expect([...staying].filter((id) => !seen.includes(id))).toEqual([]);
			},
		),
		{ numRuns: runs(40) },
	);
});

async function apply({ act, at }: Step, ada: Person, ids: string[], staying: Set<string>) {
	const id = ids[at % ids.length] as string;
	if (act === "write") {
		ids.push((await ada.post("/posts/", { content: "word of a late post" })).body.id);
		return;
	}
	if (act !== "show") staying.delete(id);
	if (act === "delete") await ada.delete(`/posts/${id}`);
	else await ada.patch(`/posts/${id}`, { visibility: act === "hide" ? "private" : "public" });
}
