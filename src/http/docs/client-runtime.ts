/**
 * The part of /client.ts that is the same for every API with these operations and schemas: sessions, errors and pages.
 * Raw text, and without back-ticks of its own, so that it stands here as it arrives.
 */
export const runtime = String.raw`
export type ClientOptions = {
	/** Where the API is, such as "http://localhost:8000"; "" is the server that the page came from. */
	baseUrl: string;
	/** Where the session is kept. Left out: in memory, and so for as long as the page or the program lives. */
	store?: SessionStore;
	/** An access token that you look after yourself: sent while the store is empty, and never refreshed. */
	token?: string | (() => string | null | Promise<string | null>);
	/** Stands in for the global fetch. */
	fetch?: (url: string, init: RequestInit) => Promise<Response>;
};

export type SessionStore = {
	get: () => Session | null | Promise<Session | null>;
	/** Told of every new session, and null at its end. */
	set: (session: Session | null) => void | Promise<void>;
};

export type CallOptions = { signal?: AbortSignal };

export type Client = ReturnType<typeof createClient>;

/** Every answer that is not a success. Without any answer, what fetch throws comes through as it is. */
export class ApiError extends Error {
	override readonly name = "ApiError";
	readonly status: number;
	/** Stable: branch on it. Null when somebody else answered, such as a proxy. */
	readonly code: Problem["code"] | null;
	/** Every broken rule of the request; empty unless the code is "invalid". */
	readonly errors: NonNullable<Problem["errors"]>;
	readonly problem: Problem | null;
	/** For its headers, such as Retry-After; the body is read already. */
	readonly response: Response;

	constructor(response: Response, problem: Problem | null) {
		const errors = problem?.errors ?? [];
		const rules = errors.map(({ pointer, detail }) => pointer.slice(1) + ": " + detail);
		super(problem ? [problem.detail, ...rules].join(" ") : "Status " + response.status + ", not from this API.");
		this.status = response.status;
		this.code = problem?.code ?? null;
		this.errors = errors;
		this.problem = problem;
		this.response = response;
	}
}

export type Page<Item> = { items: Item[]; next_cursor: string | null };

/** Walks a list to its end, a page at a time: hand the page on to the call. */
export async function* all<Item>(
	list: (page: { readonly cursor?: string }) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
	let { items, next_cursor } = await list({});
	yield* items;
	while (next_cursor !== null) {
		const cursor = next_cursor;
		let isRead = false;
		const page = {
			get cursor() {
				isRead = true;
				return cursor;
			},
		};
		({ items, next_cursor } = await list(page));
		if (!isRead) throw new Error("The call left the page out: it would get the first one for ever.");
		yield* items;
	}
}

/** Who is in the store is signed in. Methods may be taken out of the client: they need no this. */
export function createClient({ baseUrl, store = inMemory(), token = "", ...options }: ClientOptions) {
	const origin = baseUrl.replace(/\/{1,9}$/, "");
	const fetch = options.fetch ?? ((url: string, init: RequestInit) => globalThis.fetch(url, init));
	let renewing: Promise<Session> | null = null;

	const call: Call = async <Answer>(method: string, path: string, { auth, query, body, signal }: Parts = {}) => {
		const url = origin + path + search(query);
		const send = async (accessToken: string | null) => {
			const headers: Record<string, string> = {};
			if (accessToken) headers["authorization"] = "Bearer " + accessToken;
			const form = body && formOf(body);
			if (body && !form) headers["content-type"] = "application/json";
			const content = form ?? (body ? JSON.stringify(body) : null);
			return read<Answer>(await fetch(url, { method, headers, body: content, signal: signal ?? null }));
		};

		if (!auth) return send(null);
		const session = await store.get();
		if (!session) return send(typeof token === "function" ? await token() : token);
		try {
			return await send(session.access_token);
		} catch (error) {
			const next = isUnauthenticated(error) ? await successorOf(session) : null;
			if (!next) throw error;
			return send(next.access_token);
		}
	};
	const api = operations(call);

	/** The session to try again with; null when they signed out meanwhile, or somebody else signed in. */
	const successorOf = async (session: Session): Promise<Session | null> => {
		const now = await store.get();
		if (now?.user.id !== session.user.id) return null;
		return now.access_token === session.access_token ? renew() : now;
	};

	/** A refresh token is good for one refresh: all who need it at the same time share one. */
	const renew = (): Promise<Session> => {
		renewing ??= renewOnce().finally(() => {
			renewing = null;
		});
		return renewing;
	};

	const renewOnce = async (): Promise<Session> => {
		const session = await store.get();
		if (!session) throw new Error("Nobody is signed in.");
		const isKept = async () => (await store.get())?.refresh_token === session.refresh_token;
		try {
			const next = await api.refresh({ refresh_token: session.refresh_token });
			if (await isKept()) await store.set(next);
			return next;
		} catch (error) {
			if (isUnauthenticated(error) && (await isKept())) await store.set(null);
			throw error;
		}
	};

	const keep = async (session: Session): Promise<Session> => {
		await store.set(session);
		return session;
	};

	return {
		...api,

		/** Make an account and sign in; the session is kept. */
		register: async (body: Registration, options?: CallOptions) => keep(await api.register(body, options)),

		/** Sign in with username or e-mail address; the session is kept. */
		login: async (body: Login, options?: CallOptions) => keep(await api.login(body, options)),

		/** Bring back the account that one deleted, and sign in; the session is kept. */
		restoreMe: async (body: AccountRestoration, options?: CallOptions) => keep(await api.restoreMe(body, options)),

		/** Get new tokens for the session that is kept. Calls do this themselves when an access token has expired. */
		refresh: renew,

		/** Forget the session that is kept, and end it on the server. Does nothing when nobody is signed in. */
		logout: async (options?: CallOptions): Promise<void> => {
			const session = await store.get();
			if (!session) return;
			await store.set(null);
			await api.logout({ refresh_token: session.refresh_token }, options);
		},

		/** Delete one's own account and all that it made, and forget the session. It can be brought back for some days. */
		deleteMe: async (body: AccountRemoval, options?: CallOptions): Promise<void> => {
			await api.deleteMe(body, options);
			await store.set(null);
		},
	};
}

type Parts = { auth?: boolean; query?: object | undefined; body?: object; signal?: AbortSignal };
type Call = <Answer>(method: string, path: string, parts?: Parts) => Promise<Answer>;

function inMemory(): SessionStore {
	let kept: Session | null = null;
	return {
		get: () => kept,
		set: (session) => {
			kept = session;
		},
	};
}

const isUnauthenticated = (error: unknown) => error instanceof ApiError && error.code === "unauthenticated";

/** A value as one part of a path. URLs drop empty parts and dots on their way: nobody has the name sent instead. */
const part = (value: string | number) => (/^\.{0,2}$/.test(String(value)) ? "%20" : encodeURIComponent(value));

function search(query: object = {}): string {
	const given = new URLSearchParams();
	for (const [name, value] of Object.entries(query))
		if (value !== undefined && value !== null) given.set(name, String(value));
	return String(given) && "?" + given;
}

/** Bodies are JSON, but for those with a file in them. */
function formOf(body: object): FormData | null {
	const fields = Object.entries(body).filter(([, value]) => value !== undefined);
	if (!fields.some(([, value]) => value instanceof Blob)) return null;
	const form = new FormData();
	// A form has no null: an empty text clears a field.
	for (const [name, value] of fields) form.append(name, value instanceof Blob ? value : String(value ?? ""));
	return form;
}

async function read<Answer>(response: Response): Promise<Answer> {
	const text = await response.text();
	if (response.status === 204) return undefined as Answer;
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		throw new ApiError(response, null);
	}
	if (response.ok) return json as Answer;
	const problem = json as Problem | null;
	throw new ApiError(response, typeof problem?.code === "string" ? problem : null);
}
`;
