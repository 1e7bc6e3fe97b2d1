import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { operator } from "../../src/core/permissions";
import { openStores } from "../../src/db/open";
import { metrics } from "../../src/http/metrics";
import { backupService, backupsInChildProcess } from "../../src/instance/backup/service";
import { doctorInChildProcess } from "../../src/instance/doctor/service";
import { memoryApp } from "../../src/testing/memory";
import { bitmap, form } from "../support/pictures";
import { randomText } from "./database";
import { root } from "./servers";
import { marks, repeated, samples, tagged } from "./texts";

/** How much of everything one of the two communities has. */
export type Sizes = {
	people: number;
	/** Posts in each script that `samples` has, all of them public. */
	postsOfScript: number;
	/** Posts that nobody else may see, newer than most others. */
	privatePosts: number;
	likes: number;
	comments: number;
	trashed: number;
	events: number;
	/** Sessions, personal access tokens and invitations. */
	credentials: number;
	/** Posts of an account that is deleted. */
	leaverPosts: number;
};

export type Body = object | FormData | URLSearchParams;
export type Call = { path?: string; token?: string; body?: Body; headers?: Record<string, string>; status?: number };
export type Person = { id: string; username: string; token: string; refreshToken: string };
export type Community = Awaited<ReturnType<typeof openCommunity>>;

const password = "correct horse battery staple";
const secret = "a secret of the benchmark, longer than 32 bytes";

/** The app over a database file of its own, with people, posts and all that hangs on them. */
export async function openCommunity(kind: "ordinary" | "dearest", directory: string, sizes: Sizes) {
	const isDear = kind === "dearest";
	const folder = join(directory, kind);
	mkdirSync(join(folder, "backups"), { recursive: true });
	const path = join(folder, "minifeed.db");
	const stores = openStores({ path, durability: "full", secret });
	const run = {
		command: [process.execPath, join(root, "src/main.ts")],
		env: { PATH: process.env.PATH, DATA_DIR: folder, SECRET_KEY: secret },
	};
	const apart = backupsInChildProcess(run);
	const backups = backupService({
		folder: join(folder, "backups"),
		make: (name) => apart.make(join(folder, "backups", name)),
		isRunning: () => false,
		now: () => new Date(),
		done: () => {},
	});
	const { app, accounts } = memoryApp({
		stores,
		secret,
		backups,
		doctor: doctorInChildProcess({ ...run, liveFindings: async () => [], failed: console.error }),
		metrics: metrics(),
		incomingDir: join(folder, "incoming"),
		passwords: { minLength: 8, memoryKib: 19_456, passes: 2 },
		observers: [{ failed: (_, error) => console.error(error) }],
		now: () => new Date(),
	});

	const handle = (method: string, { path = "/", token, body, headers }: Call) => {
		const isJson = body && !(body instanceof FormData) && !(body instanceof URLSearchParams);
		return app.handle(
			new Request(`http://localhost${path}`, {
				method,
				headers: {
					"user-agent": "bench",
					...(isJson && { "content-type": "application/json" }),
					...(token && { authorization: `Bearer ${token}` }),
					...headers,
				},
				body: isJson ? JSON.stringify(body) : (body as FormData | URLSearchParams | undefined),
			}),
		);
	};
	/** Sends something that prepares a case. */
	const send = async (method: string, call: Call) => {
		const response = await handle(method, call);
		if (!response.ok)
			throw new Error(`${method} ${call.path} was answered ${response.status}: ${await response.text()}`);
		// biome-ignore lint/suspicious/noExplicitAny: the caller knows what the route answers
		return (response.status === 204 ? undefined : await response.json()) as any;
	};

	const text = randomText(kind === "dearest" ? 3 : 4);
	const displayName = (i: number) => (isDear ? `n${marks(49, i)}` : `${text.word()} ${i}`);
	const at = new Date();
	let made = 0;
	const addUser = async (username: string) => {
		const id = Bun.randomUUIDv7();
		await stores.users.create({
			...{ id, username, email: `${username}@example.com`, passwordHash: "", role: "user" },
			...{ displayName: displayName(made++), createdAt: at },
		});
		return id;
	};
	const addPost = async (authorId: string, content: string, more: { visibility?: "private"; title?: string } = {}) => {
		const id = Bun.randomUUIDv7();
		await stores.posts.create({ id, authorId, title: null, content, visibility: "public", createdAt: at, ...more });
		return id;
	};
	const addComment = (postId: string, authorId: string) =>
		stores.comments.create({
			...{ id: Bun.randomUUIDv7(), postId, authorId, createdAt: at },
			content: isDear ? longText(2_000) : text.words(8),
		});

	const dearest = samples.find(({ name }) => name === "zalgo, Cyrillic") ?? samples[0];
	/** A text of the length, as dear as it gets. */
	const longText = (length = 5_000) => repeated(dearest?.text ?? "", { first: "first ", length });
	/** As many different words as a post has room for, which is what costs the index most. */
	const wordyText = () => text.words(2_000).slice(0, 5_000);
	/** A post as people write them here. */
	const postText = () => (isDear ? longText() : text.post());

	/** Somebody new with the password of all, signed in. */
	const fresh = async (): Promise<Person> => {
		const username = `fresh${made++}`;
		const body = { username, email: `${username}@example.com`, password };
		const {
			access_token: token,
			refresh_token: refreshToken,
			user,
		} = await send("POST", { path: "/auth/register", body });
		return { id: user.id, username, token, refreshToken };
	};

	const people: string[] = [];
	const owner = await fresh();
	/** Signs in and out, which ends sessions beyond the 50th. */
	const visitor = await fresh();
	await accounts.admin.create({ username: "root1", email: "root1@example.com", password }, "admin", operator);
	const signIn = async (username: string): Promise<string> =>
		(await send("POST", { path: "/auth/login", body: { username, password } })).access_token;
	const admin = await signIn("root1");
	const moveToTrash = { at, byOwner: true, quota: 500 * 1024 ** 2 };
	const addSession = async (userId: string) =>
		stores.sessions.create({
			passwordHash: (await stores.users.credentialsById(userId))?.passwordHash ?? "",
			...{ id: Bun.randomUUIDv7(), userId, tokenHash: randomBytes(32), address: "203.0.113.0/24" },
			...{ device: isDear ? `d${marks(39, made++)}` : "Firefox on Linux" },
			...{ createdAt: new Date(), expiresAt: new Date(Date.now() + 86_400_000) },
		});
	const addToken = ({ id, username, token }: Person) => {
		const { sid: sessionId } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
		const caller = { id, username, sessionId, tokenId: null, isPending: false };
		return stores.accessTokens.create(
			{
				...{ id: Bun.randomUUIDv7(), hash: randomBytes(32), name: displayName(made++), scope: "read" },
				...{ createdAt: at, expiresAt: null, usedAt: null },
			},
			{ ...caller, role: "user", scope: "write" },
		);
	};

	const posts: Record<string, string> = {};
	let star = "";
	await stores.inOneTransaction(async () => {
		for (let i = 0; i < sizes.people; i++) people.push(await addUser(`user${i}`));
		const someone = (i: number) => people[i % people.length] as string;
		for (let i = 0; i < sizes.people; i++) {
			await stores.follows.add({ followerId: owner.id, username: `user${i}`, createdAt: at });
			await stores.follows.add({ followerId: someone(i), username: owner.username, createdAt: at });
		}
		for (const { name, text } of samples)
			for (let i = 0; i < sizes.postsOfScript; i++) {
				const content = isDear ? repeated(text, { first: "first ", last: " needle" }) : `first ${postText()} needle`;
				posts[name] = await addPost(i % 2 ? owner.id : someone(i), content, isDear ? { title: longText(200) } : {});
			}
		for (let i = 0; i < sizes.postsOfScript; i++)
			await addPost(owner.id, isDear ? `${tagged(i)} #tag` : `${postText()} #tag`);
		star = await addPost(owner.id, postText());
		for (let i = 0; i < sizes.likes; i++) await stores.likes.add({ postId: star, userId: someone(i), createdAt: at });
		for (let i = 0; i < sizes.comments; i++) await addComment(star, someone(i));
		for (let i = 0; i < sizes.privatePosts; i++)
			await addPost(someone(0), `hidden ${i} #tag`, { visibility: "private" });
		for (let i = 0; i < sizes.events; i++)
			await stores.audit.record({
				...{ at, action: "signed_in", actorId: owner.id, subjectId: null, address: "203.0.113.0/24" },
			});
		for (let i = 0; i < sizes.credentials; i++) {
			if (i < 49) await addSession(owner.id);
			if (i < 49) await addSession(visitor.id);
			if (i < 49) await addToken(owner);
		}
	});
	for (let i = 0; i < sizes.credentials; i++)
		await send("POST", { path: "/invites", token: admin, body: { uses: 100 } });
	for (let i = 0; i < sizes.trashed; i++) await stores.posts.remove(await addPost(owner.id, postText()), moveToTrash);

	let photograph: Promise<Blob> | undefined;
	/** Twelve megapixels, or a small picture. */
	const picture = () => {
		const [width, height] = isDear ? [4000, 3000] : [640, 480];
		const noise = (x: number, y: number) => (x * 7919 + y * 104_729 + x * y) % 256;
		photograph ??= new Bun.Image(bitmap(width, height, (x, y) => [noise(x, y), noise(y, x), 90]))
			.jpeg()
			.bytes()
			.then((bytes) => new Blob([bytes]));
		return photograph;
	};

	return {
		...{ isDear, sizes, owner, visitor, admin, star, posts, password, stores, backups },
		...{ routes: app.routes as { method: string; path: string }[] },
		...{
			handle,
			send,
			fresh,
			signIn,
			addPost,
			addSession,
			addToken,
			addComment,
			postText,
			longText,
			wordyText,
			displayName,
		},
		/** A form with a picture. */
		pictureForm: async (field: string) => form({ [field]: await picture() }),
		/** A post with as many likes and comments as the star has, which may go. */
		async popularPost(author: Person): Promise<string> {
			return stores.inOneTransaction(async () => {
				const id = await addPost(author.id, postText());
				for (const userId of people.slice(0, sizes.likes))
					await stores.likes.add({ postId: id, userId, createdAt: at });
				for (const userId of people.slice(0, sizes.comments)) await addComment(id, userId);
				return id;
			});
		},
		/** Somebody with many posts, who is about to leave. */
		async leaver(): Promise<Person> {
			const person = await fresh();
			await stores.inOneTransaction(async () => {
				for (let i = 0; i < sizes.leaverPosts; i++)
					await addPost(person.id, isDear && i % 10 === 0 ? wordyText() : text.post());
			});
			return person;
		},
		async close() {
			await backups.ended();
			await stores.close();
		},
	};
}
