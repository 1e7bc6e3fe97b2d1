// biome-ignore-all lint/style/useTemplate: a pure change of style would change the file of every client
/**
 * The part of /client.ts that is the same for every API with these operations and schemas: sessions, errors and pages.
 * `client.ts` serves the text from the first exported type on. The API provides the names declared before it.
 */
declare const operations: (call: Call) => {
	register: Operation<Registration, Session>;
	login: Operation<Login, Session>;
	restoreMe: Operation<AccountRestoration, Session>;
	refresh: Operation<{ refresh_token: string }, Session>;
	logout: Operation<{ refresh_token: string }, void>;
	deleteMe: Operation<AccountRemoval, void>;
};
type Operation<Body, Answer> = (body: Body, options?: CallOptions) => Promise<Answer>;
type Session = { access_token: string; refresh_token: string; user: { id: string } };
type Problem = { code: string; detail: string; errors?: { pointer: string; detail: string }[] };
type Registration = object;
type Login = object;
type AccountRestoration = object;
type AccountRemoval = object;

// Only the generated operations use it.
export { part };

export type ClientOptions = {
	/** Address of the API, such as "http://localhost:8000"; "" means the server of the page. */
	baseUrl: string;
	/** Keeps the session. The default keeps it in memory, until the page or the program ends. */
	store?: SessionStore;
	/** An access token that you manage yourself. The client sends it while the store is empty, and never refreshes it. */
	token?: string | (() => string | null | Promise<string | null>);
	/** Replaces the global fetch. */
	fetch?: (url: string, init: RequestInit) => Promise<Response>;
};

export type SessionStore = {
	get: () => Session | null | Promise<Session | null>;
	/** Called with every new session, and with null when it ends. */
	set: (session: Session | null) => void | Promise<void>;
};

export type CallOptions = { signal?: AbortSignal };

export type Client = ReturnType<typeof createClient>;

/** Thrown for every response that is not a success. Without a response, the error of fetch comes through unchanged. */
export class ApiError extends Error {
	override readonly name = "ApiError";
	readonly status: number;
	/** Stable: branch on it. Null when the response is not from this API, such as one of a proxy. */
	readonly code: Problem["code"] | null;
	/** Every invalid field of the request; empty unless the code is "invalid". */
	readonly errors: NonNullable<Problem["errors"]>;
	readonly problem: Problem | null;
	/** The response. Use it for headers, such as Retry-After: its body is read already. */
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

/** Iterates over all items of a list, page by page. Pass the page on to the call. */
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
		if (!isRead) throw new Error("The call ignores its page argument, so it would get the first page again and again.");
		yield* items;
	}
}

/** Signed in while the store has a session. Methods do not use `this`, so you may destructure the client. */
export function createClient({ baseUrl, store = inMemory(), token = "", ...options }: ClientOptions) {
	const request = sender({ baseUrl, ...options });
	let renewing: Promise<Session> | null = null;

	const call: Call = async <Answer>(method: string, path: string, { auth, ...parts }: Parts = {}) => {
		const send = (accessToken: string | null) => request<Answer>(method, path, { ...parts, accessToken });
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

	/** The session for the second try. Null after a sign-out, and when another user has signed in. */
	const successorOf = async (session: Session): Promise<Session | null> => {
		const now = await store.get();
		if (now?.user.id !== session.user.id) return null;
		return now.access_token === session.access_token ? renew() : now;
	};

	/** A refresh token works once, so simultaneous calls share one refresh. */
	const renew = (): Promise<Session> => {
		renewing ??= renewOnce().finally(() => {
			renewing = null;
		});
		return renewing;
	};

	const renewOnce = async (): Promise<Session> => {
		const session = await store.get();
		if (!session) throw new Error("Not signed in.");
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

		/** Create an account and sign in. The store keeps the session. */
		register: async (body: Registration, options?: CallOptions) => keep(await api.register(body, options)),

		/** Sign in with username or e-mail address. The store keeps the session. */
		login: async (body: Login, options?: CallOptions) => keep(await api.login(body, options)),

		/** Restore your deleted account and sign in. The store keeps the session. */
		restoreMe: async (body: AccountRestoration, options?: CallOptions) => keep(await api.restoreMe(body, options)),

		/** Get new tokens for the session in the store. Calls do this themselves when the access token has expired. */
		refresh: renew,

		/** End the session in the store and on the server. Does nothing when no user is signed in. */
		logout: async (options?: CallOptions): Promise<void> => {
			const session = await store.get();
			if (!session) return;
			await store.set(null);
			await api.logout({ refresh_token: session.refresh_token }, options);
		},

		/** Delete your account with all its content, and end the session. You can restore it during the retention period. */
		deleteMe: async (body: AccountRemoval, options?: CallOptions): Promise<void> => {
			await api.deleteMe(body, options);
			await store.set(null);
		},
	};
}

type Parts = { auth?: boolean; query?: object | undefined; body?: object; signal?: AbortSignal };
type Call = <Answer>(method: string, path: string, parts?: Parts) => Promise<Answer>;
type Sent = Omit<Parts, "auth"> & { accessToken: string | null };

/** Makes the function that sends one request and reads its response. */
function sender({ baseUrl, ...options }: Pick<ClientOptions, "baseUrl" | "fetch">) {
	const origin = baseUrl.replace(/\/{1,9}$/, "");
	const fetch = options.fetch ?? ((url: string, init: RequestInit) => globalThis.fetch(url, init));
	return async <Answer>(method: string, path: string, { query, body, signal, accessToken }: Sent): Promise<Answer> => {
		const headers: Record<string, string> = {};
		if (accessToken) headers["authorization"] = "Bearer " + accessToken;
		const form = body && formOf(body);
		if (body && !form) headers["content-type"] = "application/json";
		const content = form ?? (body ? JSON.stringify(body) : null);
		const url = origin + path + search(query);
		return read<Answer>(await fetch(url, { method, headers, body: content, signal: signal ?? null }));
	};
}

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

/** A value as one segment of a path. URLs drop empty and dot segments, so this sends a name that no account has. */
const part = (value: string | number) => (/^\.{0,2}$/.test(String(value)) ? "%20" : encodeURIComponent(value));

function search(query: object = {}): string {
	const given = new URLSearchParams();
	for (const [name, value] of Object.entries(query))
		if (value !== undefined && value !== null) given.set(name, String(value));
	return String(given) && "?" + given;
}

/** The form for a body with a file in it. Null for every other body, which goes out as JSON. */
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
