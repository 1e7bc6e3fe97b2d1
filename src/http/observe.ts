import { Elysia } from "elysia";
import type { ClientAddress, Server } from "./address";
import type { Callers } from "./auth";

/** An answered request as logs and metrics see it: nothing of what was sent, and of the path only its pattern. */
export type Served = {
	requestId: string;
	method: string;
	/** Such as /posts/:post_id; absent where there is none. */
	route?: string;
	status: number;
	seconds: number;
	/** Absent for strangers. */
	userId?: string;
	/** Where it came from, of what was refused; of all else nobody needs to know it. */
	address?: string;
};

export type Observer = {
	served?(request: Served): void;
	/** Somebody was refused for asking too often, by this policy. */
	limited?(policy: string): void;
	/** A browser asked for an origin that CORS_ORIGINS does not allow. Comes once for each origin. */
	refusedOrigin?(origin: string, advice: string): void;
	/** Something broke for a reason of our own. */
	failed?(requestId: string, error: unknown): void;
};

/**
 * One observer of several. When one throws, the others are told all the same, and of that error too: a log that cannot be
 * written must not turn a finished request into a 500.
 */
export function combined(observers: Observer[]): Required<Observer> {
	const tell = (call: (observer: Observer) => void) => {
		for (const observer of observers)
			try {
				call(observer);
			} catch (error) {
				for (const other of observers)
					try {
						if (other !== observer) other.failed?.("", error);
					} catch {} // no observer is left to tell
			}
	};
	return {
		served: (request) => tell((observer) => observer.served?.(request)),
		limited: (policy) => tell((observer) => observer.limited?.(policy)),
		refusedOrigin: (origin, advice) => tell((observer) => observer.refusedOrigin?.(origin, advice)),
		failed: (requestId, error) => tell((observer) => observer.failed?.(requestId, error)),
	};
}

/** What is known of a request before it is answered. */
export type Requests = WeakMap<Request, Known>;
type Known = { id: string; route?: string };

type Options = {
	observer: Required<Observer>;
	requests: Requests;
	callers: Callers;
	clientAddress: ClientAddress;
	server: () => Server | null;
};

/**
 * Gives each request its id and tells the observers of every answer. Around everything else, so that nothing escapes it:
 * Elysia's own hook for what comes after an answer does not know the status of those that were made of errors, and comes
 * too late for the last one before a stop.
 */
export const observe = ({ observer, requests, callers, clientAddress, server }: Options) =>
	new Elysia({ name: "http.observe" })
		.wrap((handle, request) => () => {
			const arrived = performance.now();
			const known: Known = { id: Bun.randomUUIDv7() };
			requests.set(request, known);
			const tell = (response: Response) => {
				const { status } = response;
				const served: Served = {
					requestId: known.id,
					method: request.method,
					route: known.route,
					status,
					seconds: (performance.now() - arrived) / 1000,
					userId: callers.get(request)?.id,
					address: status >= 400 ? clientAddress(request, server()) : undefined,
				};
				observer.served(served);
				return response;
			};
			const answer: unknown = handle(request); // a Response or a promise of one, which the types of `wrap` do not say
			return answer instanceof Promise ? answer.then(tell) : tell(answer as Response);
		})
		.onTransform({ as: "global" }, ({ request, route }) => {
			const known = requests.get(request);
			if (known) known.route = route;
		});
