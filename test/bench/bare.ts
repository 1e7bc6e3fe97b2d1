import { createHmac, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { connect } from "../../src/db/sqlite/connect";
import { cursors } from "../../src/db/sqlite/cursor";
import { imageLinks, type Links, publicLinks } from "../../src/media/links";

/**
 * The yardstick: four routes of the product as one would write them for nothing but speed, with Bun's own server and
 * router, SQL by hand and no layers. It answers with the same bytes and headers and looks up the same session, but it
 * validates next to nothing and knows no errors; that and the framework are what the comparison prices.
 */

const { DATA_DIR = "data", SECRET_KEY = "", PORT = "0" } = process.env;
const pageSize = 20;

// The product's pragmas, durability, cursors and signed links: a difference there would measure SQLite and not the server.
const database = connect(join(DATA_DIR, "minifeed.db")).$client;
const sealed = cursors(SECRET_KEY);
const links = imageLinks({ secret: SECRET_KEY, now: () => new Date() });

type Caller = { key: number; id: string; username: string; display_name: string; avatar: string | null };
type Row = Caller & {
	author: string;
	title: string | null;
	content: string;
	image: string | null;
	width: number;
	height: number;
	alt: string | null;
	placeholder: string;
	visibility: string;
	like_count: number;
	comment_count: number;
	liked: number;
	created_at: number;
	edited_at: number | null;
};

// As subqueries, because SQLite plans a join anew whenever a parameter is bound that it compares by `=`:
// the plan may depend on the value. It does not look inside, and planning costs several times what a point read does.
const avatar = "(SELECT name FROM images WHERE key = u.avatar_key)";
const viewer = "(SELECT ?1)";
const wanted = "(SELECT ?2)";

const select = `
	SELECT p.key, p.id, u.id AS author, u.username, u.display_name, ${avatar} AS avatar, p.title, p.content,
		i.name AS image, i.width, i.height, p.image_alt AS alt, i.placeholder,
		p.visibility, p.like_count, p.comment_count,
		EXISTS (SELECT 1 FROM likes WHERE post_key = p.key AND user_key = ${viewer}) AS liked,
		p.created_at, p.edited_at
	FROM posts p JOIN users u ON u.key = p.author_key LEFT JOIN images i ON i.key = p.image_key`;
const visible = `(p.visibility = 'public' OR p.author_key = ${viewer} OR (p.visibility = 'followers' AND EXISTS (
	SELECT 1 FROM follows WHERE follower_key = ${viewer} AND following_key = p.author_key)))`;

const newest = database.prepare<Row, [viewer: number, before: number]>(
	`${select} WHERE p.key < ${wanted} AND ${visible} ORDER BY p.key DESC LIMIT ${pageSize + 1}`,
);
// The product's own way to a feed, which took measuring: what a faster query gains is not the server's merit.
const feed = database.prepare<Row, [viewer: number, before: number]>(
	`${select} WHERE p.key IN (
		SELECT p.key FROM (SELECT following_key AS author FROM follows WHERE follower_key = ${viewer} UNION ALL SELECT ${viewer})
			CROSS JOIN posts p ON p.author_key = author
		WHERE p.key < ${wanted} AND ${visible} ORDER BY p.key DESC LIMIT ${pageSize + 1}
	) ORDER BY p.key DESC`,
);
const byId = database.prepare<Row, [viewer: number, id: string]>(`${select} WHERE p.id = ${wanted} AND ${visible}`);
const session = database.prepare<Caller & { expires_at: number }, [id: string]>(
	`SELECT u.key, u.id, u.username, u.display_name, ${avatar} AS avatar, s.expires_at
	FROM sessions s JOIN users u ON u.key = s.user_key WHERE s.id = (SELECT ?1)`,
);
const insert = database.prepare<
	never,
	[id: string, author: number, title: string | null, content: string, visibility: string, createdAt: number]
>("INSERT INTO posts (id, author_key, title, content, visibility, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

Bun.serve({
	hostname: "127.0.0.1",
	port: Number(PORT),
	development: false,
	fetch: () => new Response(null, { status: 404 }),
	routes: {
		"/posts/": {
			GET: (request) => answerPage(request, "posts:newest:[null,null]", newest, null),
			POST: createPost,
		},
		"/posts/:id": {
			GET(request) {
				const row = byId.get(0, request.params.id);
				return row ? answer(post(links.ofViewer(null))(row)) : new Response(null, { status: 404 });
			},
		},
		"/feed/": {
			GET(request) {
				const caller = signedIn(request);
				return caller ? answerPage(request, "feed", feed, caller) : unauthenticated();
			},
		},
	},
});

function answerPage(request: Request, list: string, statement: typeof newest, viewer: Caller | null): Response {
	const { url } = request;
	const query = url.indexOf("?");
	const cursor = query < 0 ? null : new URLSearchParams(url.slice(query)).get("cursor");
	const [before] = (cursor && sealed.open(list, cursor)) || [Number.MAX_SAFE_INTEGER];
	const rows = statement.all(viewer?.key ?? 0, Number(before));
	const more = rows.length > pageSize;
	if (more) rows.pop();
	const last = rows.at(-1);
	const next = more && last ? sealed.seal(list, [last.key]) : null;
	const path = url.slice(url.indexOf("/", "http://".length), query < 0 ? undefined : query);
	return answer(
		{ items: rows.map(post(links.ofViewer(viewer?.id ?? null))), next_cursor: next },
		200,
		next === null ? undefined : { link: `<${path}?cursor=${next}>; rel="next"` },
	);
}

type NewPost = { content?: string; title?: string | null; visibility?: string };

async function createPost(request: Request): Promise<Response> {
	const caller = signedIn(request);
	if (!caller) return unauthenticated();
	const { content, title = null, visibility = "public" } = (await request.json()) as NewPost;
	if (typeof content !== "string" || content === "") return new Response(null, { status: 422 });
	const id = Bun.randomUUIDv7();
	const now = Date.now();
	insert.run(id, caller.key, title, content, visibility, now);
	const made = {
		id,
		author: card(caller.id, caller),
		title,
		content,
		image: null,
		image_url: null,
		visibility,
		like_count: 0,
		comment_count: 0,
		liked: false,
		created_at: new Date(now).toISOString(),
		edited_at: null,
	};
	return answer(made, 201, { location: `/posts/${id}` });
}

const answer = (body: unknown, status = 200, more?: Record<string, string>) =>
	new Response(JSON.stringify(body), {
		status,
		headers: {
			"content-type": "application/json;charset=utf-8",
			"x-content-type-options": "nosniff",
			"referrer-policy": "no-referrer",
			"cache-control": "no-store",
			"x-request-id": Bun.randomUUIDv7(),
			...more,
		},
	});

const unauthenticated = () => new Response(null, { status: 401 });

const post = (linksOf: Links) => (row: Row) => {
	const links = row.image === null ? null : linksOf(row.image, row.visibility === "public");
	return {
		id: row.id,
		author: card(row.author, row),
		title: row.title,
		content: row.content,
		image: links && {
			url: links.url,
			thumbnail_url: links.thumbnailUrl,
			width: row.width,
			height: row.height,
			alt: row.alt ?? "",
			placeholder: row.placeholder,
		},
		image_url: links?.url ?? null,
		visibility: row.visibility,
		like_count: row.like_count,
		comment_count: row.comment_count,
		liked: row.liked === 1,
		created_at: new Date(row.created_at).toISOString(),
		edited_at: row.edited_at && new Date(row.edited_at).toISOString(),
	};
};

const card = (id: string, { username, display_name, avatar }: Omit<Caller, "key" | "id">) => ({
	id,
	username,
	display_name,
	avatar_url: avatar && publicLinks(avatar).url,
	avatar_thumbnail_url: avatar && publicLinks(avatar).thumbnailUrl,
});

type Claims = { sub: string; sid: string; exp: number; iss: string };
const verified = new Map<string, Claims>();

/** As in the product: the signature is checked once for each token, the session row at every request. */
function signedIn(request: Request): Caller | null {
	const token = request.headers.get("authorization")?.slice("Bearer ".length);
	const claims = token && (verified.get(token) ?? verify(token));
	if (!claims || claims.exp * 1000 <= Date.now()) return null;
	const caller = session.get(claims.sid);
	return caller && caller.id === claims.sub && caller.expires_at > Date.now() ? caller : null;
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
