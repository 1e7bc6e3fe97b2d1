import { Elysia } from "elysia";
import type { ClientAddress, Server } from "../core/address";
import type { Observer, Served } from "../core/observer";
import type { Callers } from "./auth";

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
