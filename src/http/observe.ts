import { Elysia } from "elysia";
import type { ClientAddress } from "./address";
import type { Callers } from "./auth";

/** An answered request as logs and metrics see it: nothing of what was sent, and of the path only its pattern. */
export type Served = {
	requestId: string;
	method: string;
	/** Such as /posts/:post_id; null where there is none. */
	route: string | null;
	status: number;
	seconds: number;
	/** Null for strangers. */
	userId: string | null;
	/** Where it came from; null when the connection is gone, or there was none. */
	address: string | null;
};

export type Observer = {
	served?(request: Served): void;
	/** Something broke for a reason of our own. */
	failed?(requestId: string, error: unknown): void;
};

type Options = {
	observers: Observer[];
	callers: Callers;
	clientAddress: ClientAddress;
};

/** Tells the observers of every answer, whatever it was. Stands before everything else, so that nothing escapes it. */
export const observe = ({ observers, callers, clientAddress }: Options) => {
	const arrivals = new WeakMap<Request, { at: number; address: string | null }>();
	return new Elysia({ name: "http.observe" })
		.onRequest(({ request, server }) => {
			arrivals.set(request, { at: performance.now(), address: clientAddress(request, server) });
		})
		.onAfterResponse({ as: "global" }, ({ request, route, set, responseValue }) => {
			const { at, address } = arrivals.get(request) ?? { at: Number.NaN, address: null };
			const served: Served = {
				requestId: String(set.headers["x-request-id"] ?? ""),
				method: request.method,
				route: route ?? null,
				status: responseValue instanceof Response ? responseValue.status : Number(set.status ?? 200),
				seconds: (performance.now() - at) / 1000,
				userId: callers.get(request)?.id ?? null,
				address,
			};
			for (const observer of observers) observer.served?.(served);
		});
};
