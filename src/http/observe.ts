import { Elysia } from "elysia";
import type { ClientAddress, Server } from "../core/address";
import type { Observer, Served } from "../core/observer";
import type { Callers } from "./auth";

/**
 * Combines observers. When one throws, the others still get the event, and then the error. A failing log must not turn a
 * finished request into a 500.
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

/** Facts about each request before its answer. */
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
 * Gives each request its id and reports every answer to the observers. It wraps everything else. Elysia's own hook after an
 * answer does not know the status of errors, and runs too late for the last request before a stop.
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
