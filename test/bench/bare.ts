import { createHmac, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import type { BunRequest } from "bun";
import { connect } from "../../src/db/sqlite/file/connect";
import { cursors } from "../../src/db/sqlite/query/cursor";
import {
	blockOf,
	blockSize,
	keyOf as keyIn,
	prefixOf,
	rowidOf,
	searchIndex,
	tableOf,
} from "../../src/db/sqlite/stores/search-index";
import { termPrefix } from "../../src/db/sqlite/stores/search-terms";
import { createPictureUrls, publicUrls, type UrlsOf } from "../../src/media/signed-urls";
import { fold } from "../../src/social/search/fold";
import { hasWords } from "../../src/social/search/match";
import { parseQuery, wordsIn } from "../../src/social/search/query";
import { snippets } from "../../src/social/search/snippet";

/**
 * The limit that the product is held against: its reads and the writing of a post as one would write them for nothing but
 * speed, with Bun's own server and router, SQL by hand, answers glued together from strings, and no layers. It answers with
 * the same bytes and headers and looks up the same session, but it validates next to nothing and knows no errors; that and
 * the framework are what the comparison prices.
 */

const { DATA_DIR = "data", SECRET_KEY = "", PORT = "0" } = process.env;
const pageSize = 20;
const newest = Number.MAX_SAFE_INTEGER;

// The product's pragmas, durability, cursors and signed links: a difference there would measure SQLite and not the server.
const database = connect(join(DATA_DIR, "minifeed.db"), { check: false }).$client;
const sealed = cursors(SECRET_KEY);
const links = createPictureUrls({ secret: SECRET_KEY, now: () => new Date() });

type Card = [id: string, username: string, displayName: string, avatar: string | null];
// biome-ignore format: as the columns are
type PostRow = [
	key: number, id: string, title: string | null, content: string, visibility: string,
	likes: number, comments: number, liked: number, createdAt: number, editedAt: number | null,
	...author: Card,
	image: string | null, width: number, height: number, alt: string | null, placeholder: string,
];
type CommentRow = [key: number, id: string, content: string, createdAt: number, ...author: Card];
type LikeRow = [at: number, key: number, ...card: Card];
// biome-ignore format: as the columns are
type AccountRow = [
	...card: Card, bio: string, createdAt: number, followers: number, following: number, posts: number,
	isFollowing: number, isFollowed: number, email: string, role: string, updatedAt: number,
];

// As subqueries, because SQLite plans a join anew whenever a parameter is bound that it compares by `=`:
// the plan may depend on the value. It does not look inside, and planning costs several times what a point read does.
const viewer = "(SELECT $viewer)";
const before = "(SELECT $before)";
const end = `LIMIT ${pageSize + 1}`;

const card = "u.id, u.username, u.display_name, (SELECT name FROM images WHERE key = u.avatar_key)";
const columns = `
	p.key, p.id, p.title, p.content, p.visibility, p.like_count, p.comment_count,
	EXISTS (SELECT 1 FROM likes WHERE post_key = p.key AND user_key = ${viewer}),
	p.created_at, p.edited_at, ${card}, i.name, i.width, i.height, p.image_alt, i.placeholder`;
const joined = "JOIN users u ON u.key = p.author_key LEFT JOIN images i ON i.key = p.image_key";
const visible = `(p.visibility = 'public' OR p.author_key = ${viewer} OR (p.visibility = 'followers' AND EXISTS (
	SELECT 1 FROM follows WHERE follower_key = ${viewer} AND following_key = p.author_key)))`;
const visiblePost = `(SELECT p.key FROM posts p WHERE p.id = (SELECT $id) AND ${visible})`;

/** Gives rows as arrays, which saves SQLite's binding the names of the columns. */
function prepare<Row>(sql: string): (parameters: Record<string, string | number>) => Row[] {
	const statement = database.prepare(sql);
	return (parameters) => statement.values(parameters) as Row[];
}

// As the product: public posts and others come out of indexes of their own, which no walk over the wrong ones costs.
const hidden = (authors: string) => `SELECT p.key FROM (${authors}) CROSS JOIN posts p
	ON p.author_key = author AND p.is_private = hidden
	WHERE p.visibility <> 'public' AND p.key < ${before} ORDER BY p.key DESC ${end}`;
const audience = `SELECT following_key AS author, 0 AS hidden FROM follows WHERE follower_key = ${viewer}
	UNION ALL SELECT ${viewer}, 0 UNION ALL SELECT ${viewer}, 1`;
const author = "(SELECT key FROM users WHERE username = (SELECT $author))";
const audienceOfAuthor = `SELECT ${author} AS author, 0 AS hidden WHERE ${author} = ${viewer} OR EXISTS (
	SELECT 1 FROM follows WHERE follower_key = ${viewer} AND following_key = ${author})
	UNION ALL SELECT ${author}, 1 WHERE ${author} = ${viewer}`;
const publicPosts = (where: string) =>
	`SELECT p.key FROM posts p WHERE p.visibility = 'public' ${where} AND p.key < ${before} ORDER BY p.key DESC ${end}`;
const pageWhere = (where: string) =>
	prepare<PostRow>(`SELECT ${columns} FROM posts p ${joined} WHERE ${where} ORDER BY p.key DESC ${end}`);
const signedInPage = (where: string, authors: string) =>
	pageWhere(`p.key IN (SELECT key FROM (${publicPosts(where)}) UNION ALL SELECT key FROM (${hidden(authors)}))`);
const ofAuthor = `AND p.author_key = ${author}`;
const listedForAll = pageWhere(`p.visibility = 'public' AND p.key < ${before}`);
const listedAmongNewest = pageWhere(
	`p.key < ${before} AND p.key >= min(${before}, (SELECT max(key) + 1 FROM posts)) - 512 AND ${visible}`,
);
const listedBySource = signedInPage("", audience);
/** For strangers, and for who is signed in. */
const listed = [
	listedForAll,
	(position: Parameters<typeof listedForAll>[0]) => {
		const recent = listedAmongNewest(position);
		return recent.length > pageSize ? recent : listedBySource(position);
	},
];
const written = [
	pageWhere(`p.visibility = 'public' ${ofAuthor} AND p.key < ${before}`),
	signedInPage(ofAuthor, audienceOfAuthor),
];
const byId = prepare<PostRow>(`SELECT ${columns} FROM posts p ${joined} WHERE p.id = (SELECT $id) AND ${visible}`);
// One index a block of keys, with the newest first.
const byKeys = prepare<PostRow>(
	`SELECT ${columns} FROM posts p ${joined} WHERE p.key IN (SELECT value FROM json_each((SELECT $keys))) ORDER BY p.key DESC`,
);
const blocksBelow = prepare<[block: number]>(
	"SELECT block FROM search_blocks WHERE block <= (SELECT $block) ORDER BY block DESC",
);
const matching = new Map<number, ReturnType<typeof prepare<[rowid: number]>>>();
function matchIn(block: number) {
	const found =
		matching.get(block) ??
		prepare<[rowid: number]>(`SELECT rowid FROM ${tableOf(block)} WHERE ${tableOf(block)} MATCH $match
			AND rowid >= (SELECT $first) ORDER BY rowid LIMIT (SELECT $limit) OFFSET (SELECT $offset)`);
	matching.set(block, found);
	return found;
}
function keysOfMatches(match: string, below: number): number[] {
	const keys: number[] = [];
	for (const [block] of blocksBelow({ block: blockOf(below - 1) })) {
		const first = below > (block + 1) * blockSize ? 1 : rowidOf(below - 1);
		const limit = pageSize + 1 - keys.length;
		for (const [rowid] of matchIn(block)({ match, first, limit, offset: 0 })) keys.push(keyIn(block, rowid));
		if (keys.length > pageSize) break;
	}
	return keys;
}
/** Posts that are not public, by a word of those that the caller may see. */
const hiddenMatches = prepare<[key: number]>(`SELECT post_key FROM (${audience}) CROSS JOIN hidden_words
	ON author_key = author AND is_private = hidden AND word = (SELECT $word)
	WHERE post_key < ${before} AND ((SELECT $only) IS NULL OR author = (SELECT $only)) ORDER BY post_key DESC LIMIT (SELECT $limit)`);
const newestKey = prepare<[key: number]>("SELECT max(key) FROM posts");
/** Whether a word is so common that its beginnings are not looked for: 256 posts of a newest block have it. */
const isCommon = (word: string): boolean =>
	blocksBelow({ block: Number.MAX_SAFE_INTEGER })
		.slice(0, 2)
		.some(([block]) => matchIn(block)({ match: `"${word}"`, first: 1, limit: 1, offset: 255 }).length > 0);
const keyNamed = prepare<[key: number]>("SELECT key FROM users WHERE username = (SELECT $author)");
// Two ways, as in the product, which took measuring: what a faster query gains is not the server's merit.
const feedByAuthors = prepare<PostRow>(
	`SELECT ${columns} FROM posts p ${joined} WHERE p.key IN (
		SELECT p.key FROM (${audience}) CROSS JOIN posts p ON p.author_key = author AND p.is_private = hidden
		WHERE p.key < ${before} AND ${visible} ORDER BY p.key DESC ${end}
	) ORDER BY p.key DESC`,
);
const feedAmongNewest = prepare<PostRow>(
	`SELECT ${columns} FROM posts p ${joined} WHERE p.key IN (
		SELECT p.key FROM posts p
		WHERE p.key < ${before} AND p.key >= min(${before}, (SELECT max(key) + 1 FROM posts)) - 2000 AND ${visible}
			AND (p.author_key = ${viewer} OR EXISTS (
				SELECT 1 FROM follows WHERE follower_key = ${viewer} AND following_key = p.author_key))
		ORDER BY p.key DESC ${end}
	) ORDER BY p.key DESC`,
);
const commentsOf = prepare<CommentRow>(
	`SELECT c.key, c.id, c.content, c.created_at, ${card} FROM comments c JOIN users u ON u.key = c.author_key
	WHERE c.post_key = ${visiblePost} AND c.key > (SELECT $after) ORDER BY c.key ${end}`,
);
const likesOf = prepare<LikeRow>(
	`SELECT l.created_at, l.user_key, ${card} FROM likes l JOIN users u ON u.key = l.user_key
	WHERE l.post_key = ${visiblePost} AND (l.created_at, l.user_key) < ((SELECT $at), ${before})
	ORDER BY l.created_at DESC, l.user_key DESC ${end}`,
);
const account = `SELECT ${card}, u.bio, u.created_at, u.followers_count, u.following_count, u.posts_count,
	EXISTS (SELECT 1 FROM follows WHERE follower_key = ${viewer} AND following_key = u.key),
	EXISTS (SELECT 1 FROM follows WHERE follower_key = u.key AND following_key = ${viewer}),
	u.email, u.role, u.updated_at FROM users u`;
const accountByKey = prepare<AccountRow>(`${account} WHERE u.key = ${viewer}`);
const accountByName = prepare<AccountRow>(`${account} WHERE u.username = (SELECT $author)`);

type Caller = [key: number, followingCount: number, expiresAt: number, ...card: Card];
const session = prepare<Caller>(
	`SELECT u.key, u.following_count, s.expires_at, ${card} FROM sessions s JOIN users u ON u.key = s.user_key
	WHERE s.id = (SELECT $id)`,
);
const insert = database.prepare(
	"INSERT INTO posts (id, author_key, title, content, visibility, created_at) VALUES (?, ?, ?, ?, ?, ?)",
);

const index = searchIndex(database);

type To<Path extends string> = BunRequest<Path>;

Bun.serve({
	hostname: "127.0.0.1",
	port: Number(PORT),
	development: false,
	fetch: () => new Response(null, { status: 404 }),
	routes: {
		"/posts/": {
			GET(request) {
				const query = queryOf(request);
				const q = query.get("q");
				return q === null
					? postPage(request, listOf(), listed[isSigned(request)] as Pages)
					: found(request, q, query.get("author"));
			},
			POST: createPost,
		},
		"/posts/:id"(request: To<"/posts/:id">) {
			const caller = callerOf(request);
			const [row] = byId({ id: request.params.id, viewer: keyOf(caller) });
			return row ? kept(request, post(links.ofViewer(idOf(caller)))(row)) : notFound();
		},
		"/feed/"(request) {
			const caller = callerOf(request);
			if (!caller) return unauthenticated();
			if (caller[1] <= 1500) return postPage(request, "feed", feedByAuthors);
			return postPage(request, "feed", (position) => {
				const recent = feedAmongNewest(position);
				return recent.length > pageSize ? recent : feedByAuthors(position);
			});
		},
		"/users/:username"(request: To<"/users/:username">) {
			const caller = callerOf(request);
			const [row] = accountByName({ author: request.params.username, viewer: keyOf(caller) });
			return row ? kept(request, `{${profile(row, caller !== null)}}`) : notFound();
		},
		"/users/:username/posts"(request: To<"/users/:username/posts">) {
			const author = request.params.username;
			return postPage(request, listOf(author), written[isSigned(request)] as Pages, { author });
		},
		"/comments/posts/:id/comments"(request: To<"/comments/posts/:id/comments">) {
			const { id } = request.params;
			const list = `comments:oldest:${id}`;
			const [after] = positionIn(list, request) ?? [0];
			const rows = commentsOf({ id, viewer: keyOf(callerOf(request)), after: Number(after) });
			return page(request, list, rows, comment(id), ([key]) => [key]);
		},
		"/likes/posts/:id/likes"(request: To<"/likes/posts/:id/likes">) {
			const { id } = request.params;
			const list = `likes:${id}`;
			const [at, before] = positionIn(list, request) ?? [newest, 0];
			const rows = likesOf({ id, viewer: keyOf(callerOf(request)), at: Number(at), before: Number(before) });
			return page(
				request,
				list,
				rows,
				([, , ...card]) => cardOf(...card),
				([at, key]) => [at, key],
			);
		},
		"/auth/me"(request) {
			const caller = callerOf(request);
			const [row] = caller ? accountByKey({ viewer: caller[0] }) : [];
			return row ? answer(`{${profile(row, true)},${me(row)}}`) : unauthenticated();
		},
	},
});

type Pages = ReturnType<typeof prepare<PostRow>>;
const isSigned = (request: Request) => (callerOf(request) ? 1 : 0);
const queryOf = ({ url }: Request) => {
	const start = url.indexOf("?");
	return new URLSearchParams(start < 0 ? "" : url.slice(start));
};
const positionIn = (list: string, request: Request) => {
	const cursor = queryOf(request).get("cursor");
	return cursor === null ? null : sealed.open(list, cursor);
};
const listOf = (author?: string) => `posts:newest:${JSON.stringify([author])}`;

/** Only words, and the beginning of the last: what the benchmark asks for. The product's own reading of it, and snippets. */
function found(request: Request, typed: string, author: string | null): Response {
	const query = parseQuery(typed);
	const words = wordsIn(query);
	const wanted = words.map((words) => {
		const text = fold(words.text);
		return { ...words, text, prefix: words.prefix && !isCommon(text) && words.prefix };
	});
	const terms = wanted.map(({ text, prefix }) => `"${text}"${prefix ? " *" : ""}`);
	const only = author && (keyNamed({ author })[0]?.[0] ?? null);
	if (author) terms.push(`marks : "${termPrefix}a${only}"`);
	const snippetOf = snippets(words);
	const list = `search:newest:${JSON.stringify([author ?? undefined, query])}`;
	const caller = callerOf(request);
	const [position] = positionIn(list, request) ?? [];
	const before = Number(position ?? (newestKey({})[0]?.[0] ?? 0) + 1);
	const keys = keysOfMatches(terms.join(" AND "), before);
	if (caller) {
		const lookedUp = wanted.map(({ text, prefix }) => (prefix ? prefixOf(text) : text));
		const word = lookedUp.reduce((a, b) => (b.length > a.length ? b : a), "");
		const isAlone = wanted.length === 1 && !wanted[0]?.prefix;
		const limit = isAlone ? pageSize + 1 : 256;
		const hidden = hiddenMatches({ word, only: only as number, viewer: caller[0], before, limit }).map(([key]) => key);
		const fits = wanted.map((words) => hasWords(words));
		const isFound = (row: PostRow) => fits.every((fit) => fit(row[2], row[3]));
		const read = () => byKeys({ viewer: caller[0], keys: JSON.stringify(hidden) });
		keys.push(
			...(isAlone
				? hidden
				: read()
						.filter(isFound)
						.map(([key]) => key)),
		);
	}
	const newestFirst = byKeys({
		viewer: keyOf(caller),
		keys: JSON.stringify(keys.sort((a, b) => b - a).slice(0, pageSize + 1)),
	});
	const present = post(links.ofViewer(idOf(caller)));
	const shown = (row: PostRow) => {
		const snippet = snippetOf({ title: row[2], content: row[3] });
		return snippet ? `${present(row).slice(0, -1)},"snippet":${JSON.stringify(snippet)}}` : present(row);
	};
	return page(request, list, newestFirst, shown, ([key]) => [key]);
}

function postPage(
	request: Request,
	list: string,
	read: (values: Record<string, string | number>) => PostRow[],
	wanted: Record<string, string | undefined> = {},
): Response {
	const caller = callerOf(request);
	const [before = newest] = positionIn(list, request) ?? [];
	const rows = read({ ...(wanted as Record<string, string>), viewer: keyOf(caller), before });
	return page(request, list, rows, post(links.ofViewer(idOf(caller))), ([key]) => [key]);
}

function page<Row>(
	request: Request,
	list: string,
	rows: Row[],
	present: (row: Row) => string,
	position: (row: Row) => number[],
): Response {
	const more = rows.length > pageSize;
	if (more) rows.pop();
	const items = `{"items":[${rows.map(present).join(",")}],"next_cursor":`;
	if (!more) return answer(`${items}null}`);
	const cursor = sealed.seal(list, position(rows.at(-1) as Row));
	const { pathname } = new URL(request.url);
	const query = queryOf(request);
	query.set("cursor", cursor);
	return answer(`${items}"${cursor}"}`, 200, { link: `<${pathname}?${query}>; rel="next"` });
}

async function createPost(request: Request): Promise<Response> {
	const caller = callerOf(request);
	if (!caller) return unauthenticated();
	const { content } = (await request.json()) as { content?: unknown };
	if (typeof content !== "string" || content === "") return new Response(null, { status: 422 });
	const [id, now] = [Bun.randomUUIDv7(), Date.now()];
	const [author, , , ...card] = caller;
	database.transaction(() => {
		const { lastInsertRowid } = insert.run(id, author, null, content, "public", now);
		index.add({
			key: Number(lastInsertRowid),
			authorKey: author,
			visibility: "public",
			title: null,
			content,
			marks: "",
		});
	})();
	const row: PostRow = [0, id, null, content, "public", 0, 0, 0, now, null, ...card, null, 0, 0, null, ""];
	return answer(post(publicly)(row), 201, { location: `/posts/${id}` });
}

const answer = (body: string, status = 200, more?: Record<string, string>) =>
	new Response(body, {
		status,
		headers: {
			"content-type": "application/json;charset=utf-8",
			"x-content-type-options": "nosniff",
			"referrer-policy": "no-referrer",
			"cache-control": "no-store",
			"x-request-id": Bun.randomUUIDv7(),
			...(isLong(body) && { vary: "Accept-Encoding" }),
			...more,
		},
	});
/** Of what may be kept and asked for again. */
const kept = (request: Request, body: string) =>
	answer(body, 200, {
		etag: `"${Bun.hash(body).toString(36)}"`,
		"cache-control": request.headers.has("authorization") ? "private, no-cache" : "public, no-cache",
		vary: isLong(body) ? "Accept-Encoding, Authorization" : "Authorization",
	});
/** Over 1 KiB: the product would compress it for clients that ask. */
const isLong = (body: string) => body.length > 1024 || Buffer.byteLength(body) > 1024;
const unauthenticated = () => new Response(null, { status: 401 });
const notFound = () => new Response(null, { status: 404 });

/** What people wrote. */
const string = (text: string | null) => JSON.stringify(text);
/** What has nothing in it that JSON would escape. */
const quoted = (text: string | undefined) => (text === undefined ? "null" : `"${text}"`);
const time = (at: number) => `"${new Date(at).toISOString()}"`;
const publicly: UrlsOf = (name) => publicUrls(name);

// biome-ignore format: as the columns are
const post = (linksOf: UrlsOf) => ([
	, id, title, content, visibility, likes, comments, liked, createdAt, editedAt,
	authorId, username, displayName, avatar, image, width, height, alt, placeholder,
]: PostRow): string => {
	const shown = image === null ? undefined : linksOf(image, visibility === "public");
	const picture = shown === undefined ? "null" :
		`{"url":"${shown.url}","thumbnail_url":"${shown.thumbnailUrl}","width":${width},"height":${height},"alt":${string(alt ?? "")},"placeholder":"${placeholder}"}`;
	return `{"id":"${id}","author":${cardOf(authorId, username, displayName, avatar)},"title":${string(title)},"content":${string(content)},"image":${picture},"image_url":${quoted(shown?.url)},"visibility":"${visibility}","like_count":${likes},"comment_count":${comments},"liked":${liked === 1},"created_at":${time(createdAt)},"edited_at":${editedAt && time(editedAt)}}`;
};

const comment =
	(postId: string) =>
	([, id, content, createdAt, ...author]: CommentRow): string =>
		`{"id":"${id}","post_id":"${postId}","author":${cardOf(...author)},"content":${string(content)},"created_at":${time(createdAt)}}`;

const cardFields = (id: string, username: string, displayName: string, avatar: string | null) => {
	const pictures = avatar === null ? undefined : publicUrls(avatar);
	return `"id":"${id}","username":"${username}","display_name":${string(displayName)},"avatar_url":${quoted(pictures?.url)},"avatar_thumbnail_url":${quoted(pictures?.thumbnailUrl)}`;
};
const cardOf = (...card: Card) => `{${cardFields(...card)}}`;

// biome-ignore format: as the columns are
const profile = (
	[id, username, displayName, avatar, bio, createdAt, followers, following, posts, isFollowing, isFollowed]: AccountRow,
	isSignedIn: boolean,
) => {
	const relationship = isSignedIn ? `{"following":${isFollowing === 1},"followed_by":${isFollowed === 1}}` : "null";
	return `${cardFields(id, username, displayName, avatar)},"bio":${string(bio)},"created_at":${time(createdAt)},"followers_count":${followers},"following_count":${following},"posts_count":${posts},"viewer":${relationship}`;
};
const me = ([, , , , , , , , , , , email, role, updatedAt]: AccountRow) =>
	`"email":${string(email)},"role":"${role}","state":"active","updated_at":${time(updatedAt)}`;

type Claims = { sub: string; sid: string; exp: number; iss: string };
const verified = new Map<string, Claims>();

const keyOf = (caller: Caller | null) => caller?.[0] ?? 0;
const idOf = (caller: Caller | null) => caller?.[3] ?? null;

/** As in the product: the signature is checked once for each token, the session row at every request. */
function callerOf(request: Request): Caller | null {
	const token = request.headers.get("authorization")?.slice("Bearer ".length);
	const claims = token && (verified.get(token) ?? verify(token));
	if (!claims || claims.exp * 1000 <= Date.now()) return null;
	const [caller] = session({ id: claims.sid });
	return caller && caller[3] === claims.sub && caller[2] > Date.now() ? caller : null;
}

function verify(token: string): Claims | null {
	const [head = "", body = "", signature = ""] = token.split(".");
	const expected = createHmac("sha256", SECRET_KEY).update(`${head}.${body}`).digest();
	const given = Buffer.from(signature, "base64url");
	if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
	const claims: Claims = JSON.parse(Buffer.from(body, "base64url").toString());
	if (claims.iss !== "minifeed") return null;
	verified.set(token, claims);
	return claims;
}
