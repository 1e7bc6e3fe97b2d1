import { expect, test } from "bun:test";
import fc from "fast-check";
import { unzipSync } from "fflate";
import { type Person, password, type Reply, type TestApp, testApp, walk } from "../support/app";
import { runs } from "../support/runs";

const names = ["adalovelace", "bob", "eve"];
const visibilities = ["public", "followers", "private"] as const;
const kinds = ["post", "post", "like", "like", "comment", "comment", "follow", "follow", "edit", "unlike"] as const;

/** Numbers, as a history is drawn: whom and what they mean is said when all is known. */
const drawn = fc.record({
	kind: fc.constantFrom(...kinds),
	who: fc.nat(names.length - 1),
	whom: fc.nat(names.length - 1),
	what: fc.nat(20),
	visibility: fc.constantFrom(...visibilities),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

type Step = {
	kind: (typeof kinds)[number];
	who: string;
	whom: string;
	/** What a post or a comment is called: p3, c4; of what is done with a post, that one. */
	label: string;
	post: string;
	visibility: (typeof visibilities)[number];
};

/** Something that is deleted: p3, c4 or somebody's name. */
type Target = { label: string; byAdmin: boolean };

function stepsOf(history: Drawn[]): Step[] {
	const posts: string[] = [];
	return history.map(({ kind, who, whom, what, visibility }, i) => {
		const post = kind === "post" ? `p${i}` : (posts[what % posts.length] ?? "none");
		if (kind === "post") posts.push(post);
		return {
			kind,
			who: names[who] as string,
			whom: names[whom] as string,
			label: kind === "comment" ? `c${i}` : kind === "follow" ? "" : post,
			post,
			visibility,
		};
	});
}

/** A world: an app, what was done in it, and what it calls what was made. */
type World = { app: TestApp; people: Map<string, Person>; admin: Person; ids: Map<string, string> };

async function worldOf(steps: Step[], without: string[] = []): Promise<World> {
	const app = testApp();
	const world: World = { app, people: new Map(), admin: await app.asAdmin("moderator_1"), ids: new Map() };
	for (const name of names)
		if (!without.includes(name)) {
			const person = await app.as(name);
			world.people.set(name, person);
			world.ids.set(name, person.id);
		}
	for (const step of steps) {
		app.clock.now = new Date(app.clock.now.getTime() + 1_000);
		if (!without.includes(step.label)) await take(step, world);
	}
	return world;
}

/** What somebody does; what they may not or cannot is left, in the same way in each world. */
async function take({ kind, who, whom, label, post, visibility }: Step, { people, ids }: World) {
	const person = people.get(who);
	const id = ids.get(post);
	if (!person) return;
	if (kind === "post") {
		const content = `word ${label} #tag${label.length} #${label} @${whom}`;
		const { body } = await person.post("/posts/", { content, title: who === whom ? "Tea word" : null, visibility });
		ids.set(label, body.id);
	} else if (kind === "follow") await person.post(`/users/${whom}/follow`);
	else if (!id) return;
	else if (kind === "like") await person.post(`/likes/posts/${id}/like`);
	else if (kind === "unlike") await person.delete(`/likes/posts/${id}/like`);
	else if (kind === "edit") await person.patch(`/posts/${id}`, { content: `word ${label} changed #new @${whom}` });
	else {
		const { status, body } = await person.post(`/comments/posts/${id}/comments`, { content: `says ${label}` });
		if (status === 201) ids.set(label, body.id);
	}
}

/** All that anybody can read, with names in the place of ids. */
async function seen({ app: { app }, people, admin, ids }: World): Promise<unknown> {
	const read = async (viewer: Person | null) => {
		const headers = viewer ? { authorization: `Bearer ${viewer.accessToken}` } : undefined;
		// Straight to the app: that answers are as they are declared, other tests say.
		const get = async (path: string) => {
			const response = await app.handle(new Request(`http://localhost${path}`, { headers }));
			expect(response.status).toBe(200);
			return response;
		};
		const json = async (path: string): Promise<Reply["body"]> => (await get(path)).json();
		const all = (paths: string[]) => Promise.all(paths.map(json));
		const posts: { id: string }[] = (await json("/posts/?limit=100")).items;
		const words = ["word", "tea", "%23tag2", "%23new", "-changed", ...names.map((name) => `%40${name}`)];
		const own = viewer && (await all(["/feed/?limit=100", "/auth/me"]));
		return [
			posts,
			await all(["/posts/?limit=100&sort=oldest", "/posts/?limit=100&sort=popular", "/users?q=e"]),
			await all(words.flatMap((q) => [`/posts/?q=${q}&limit=100`, `/posts/?q=${q}&sort=relevance`])),
			await all(
				posts.flatMap(({ id }) => [`/posts/${id}`, `/likes/posts/${id}/likes`, `/comments/posts/${id}/comments`]),
			),
			await all(
				[...people.keys()].flatMap((name) =>
					["", "/posts", "/followers", "/following"].map((of) => `/users/${name}${of}`),
				),
			),
			await all(["/tags", "/tags?trending", "/tags/new"]),
			own,
			own && exported(await (await get("/users/me/export")).bytes()),
		];
	};
	const all: unknown[] = [await read(null), (await walk(admin, "/admin/users", 100)).length];
	for (const person of people.values()) all.push(await read(person));
	const labels = new Map([...ids].map(([label, id]) => [id, label]));
	const text = JSON.stringify(all).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => labels.get(id) ?? id);
	return JSON.parse(text.replace(/"next_cursor":"[^"]*"/g, '"next_cursor":"more"'));
}

function exported(zip: Uint8Array): unknown[] {
	const files = unzipSync(zip);
	return ["posts", "comments", "likes", "following", "followers"].map((name) =>
		JSON.parse(new TextDecoder().decode(files[`${name}.json`])),
	);
}

async function remove({ label, byAdmin }: Target, { people, admin, ids, app }: World) {
	app.clock.now = new Date(app.clock.now.getTime() + 1_000);
	const id = ids.get(label);
	if (names.includes(label)) {
		const call = byAdmin ? admin.delete(`/admin/users/${label}`) : people.get(label)?.delete("/users/me", { password });
		expect((await call)?.status).toBe(204);
		people.delete(label);
	} else if (id) {
		const path = label.startsWith("p") ? `/posts/${id}` : `/comments/${id}`;
		for (const person of byAdmin ? [admin] : people.values()) await person.delete(path); // its author may, and the others not
	}
}

/** Brings back what can be now. */
async function restore({ label }: Target, { people, admin, ids, app }: World): Promise<boolean> {
	const { status, body } = await admin.post(`/admin/trash/${ids.get(label)}/restore`);
	expect([200, 409]).toContain(status);
	if (status !== 200 || body.kind !== "account") return status === 200;
	const { body: session } = await app.anonymous.post("/auth/login", { username: label, password });
	const client = app.withToken(session.access_token);
	const id = session.user.id;
	const token = { accessToken: session.access_token, refreshToken: session.refresh_token };
	people.set(label, { ...client, username: label, id, password, ...token });
	return true;
}

const targets = fc.array(fc.record({ what: fc.nat(30), byAdmin: fc.boolean(), rank: fc.nat(9) }), {
	minLength: 1,
	maxLength: 4,
});

test("after any history, what is deleted never was, and when it is back, it was never away", async () => {
	await fc.assert(
		fc.asyncProperty(fc.array(drawn, { minLength: 5, maxLength: 25 }), targets, async (history, chosen) => {
			const steps = stepsOf(history);
			const world = await worldOf(steps);
			const before = await seen(world);

			const all = [...world.ids.keys()];
			const deleted: (Target & { rank: number })[] = [];
			for (const { what, byAdmin, rank } of chosen) {
				const target = { label: all[what % all.length] as string, byAdmin, rank };
				const entries = async () => (await walk(world.admin, "/admin/trash", 2)).length;
				const there = await entries();
				if (deleted.some(({ label }) => label === target.label)) continue;
				await remove(target, world);
				if ((await entries()) > there) deleted.push(target);
			}
			const never = await worldOf(
				steps,
				deleted.map(({ label }) => label),
			);
			expect(await seen(world)).toEqual(await seen(never));

			for (let left = deleted.sort((a, b) => a.rank - b.rank); left.length > 0; ) {
				const still: typeof left = [];
				for (const target of left) if (!(await restore(target, world))) still.push(target);
				expect(still.length).toBeLessThan(left.length);
				left = still;
			}
			world.people = new Map(names.map((name) => [name, world.people.get(name) as Person]));
			expect(await seen(world)).toEqual(before);
			expect((await world.admin.get("/admin/trash")).body.items).toEqual([]);
			expect(world.app.failures).toEqual([]);
		}),
		{ numRuns: runs(25) },
	);
});
