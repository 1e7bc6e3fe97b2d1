import { Elysia } from "elysia";
import { clientAddresses, type Server } from "../core/address";
import type { Caller } from "../core/caller";
import type { Observer } from "../core/observer";
import { type Permission, permit } from "../core/permissions";
import { auth, type Callers } from "./auth";
import { body } from "./body";
import { createCallerCache } from "./caller-cache";
import { clientInfo } from "./client-info";
import { cors } from "./cors";
import { revalidation } from "./etag";
import { guard } from "./guard";
import { encoder } from "./json";
import { observe, type Requests } from "./observe";
import { outside } from "./outside";
import { overload } from "./overload";
import { problem, type Route } from "./problem";
import { createRateLimits } from "./rate-limit";
import { readOnly, type WriteBlock } from "./read-only";
import { uploads } from "./upload";

export type HttpOptions = {
	/** The origin of absolute links; by default the host of the request. */
	publicUrl?: string;
	corsOrigins: string[];
	allowedHosts: string[];
	/** Addresses or CIDR ranges. */
	trustedProxies: string[];
	/** True refuses requests over the limits. */
	rateLimit: boolean;
	/** The folder of pictures during their upload. */
	incomingDir: string;
	/** The reason for read-only mode, or null. Called at every write. */
	writeBlock?: () => WriteBlock | null;
	/** Finds the addresses of clients without a listening server, for tests. */
	peers?: Server | null;
};

type Dependencies = HttpOptions & {
	app: () => { server: Server | null; routes: Route[] };
	observer: Required<Observer>;
	/** Finds the caller of a token; null for a token that is not valid. */
	authenticate: (token: string) => Promise<Caller | null>;
	stores: { users: { idByLogin: (login: string) => Promise<string | null> } };
	/** `admit` is called at the first byte of a picture; see `uploads`. */
	media: { maxUploadBytes: number; admit: (caller: Caller) => Promise<() => void> };
	/** A monotonic clock. */
	now: () => Date;
};

export type Platform = ReturnType<typeof httpPlatform>;

/** The parts of HTTP that all features share: the hooks of every request, and the options of routes. */
export function httpPlatform({ app, observer, stores, media, writeBlock = () => null, now, ...options }: Dependencies) {
	const requests: Requests = new WeakMap();
	const callers: Callers = new WeakMap();
	const clientAddress = clientAddresses(options.trustedProxies);
	const server = (): Server | null => app().server ?? options.peers ?? null;
	const clientInfoOf = clientInfo({ clientAddress, server });
	const addresses = outside({
		clientAddress,
		server,
		allowedHosts: options.allowedHosts,
		publicUrl: options.publicUrl,
	});
	const callerCache = createCallerCache(now);
	const limits = createRateLimits({
		isOn: options.rateLimit,
		accountIdOf: stores.users.idByLogin,
		clientAddress,
		server,
		callerCache,
		callers,
		observer,
		now,
	});
	const requestId = (request: Request) => requests.get(request)?.id ?? "";

	return {
		/** Hooks of every request, in this order. */
		everyRequest: new Elysia({ name: "http.requests" })
			.use(observe({ observer, requests, callers, clientAddress, server }))
			.use(cors({ origins: options.corsOrigins, refused: observer.refusedOrigin }))
			.use(guard({ outside: addresses, requestId }))
			.use(problem({ routes: () => app().routes, observer }))
			.use(overload((): boolean => app().server !== null))
			.use(limits.plugin)
			.use(readOnly(writeBlock))
			.use(encoder),

		/** The options that a route can set: `permission`, `viewer`, `limit`, `accepts`, `acceptsPicture` and the like. */
		route: new Elysia({ name: "http.route" })
			.use(auth({ authenticate: options.authenticate, callers, callerCache }))
			.use(limits.macro)
			.use(revalidation)
			.use(body)
			.use(
				uploads({
					callers,
					directory: options.incomingDir,
					maxBytes: media.maxUploadBytes,
					admit: media.admit,
					failed: (error) => observer.failed("", error),
				}),
			),

		limits,
		clientInfoOf,
		publicUrlOf: addresses.urlOf,
		/** The last proxy that sent X-Forwarded-For without being trusted; null if there was none. */
		untrustedForwarder: clientAddress.untrustedForwarder,

		/** The caller of a request as an actor with a permission. Throws `forbidden`. */
		permit: <P extends Permission>(permission: P, user: Caller, request: Request) =>
			permit(permission, user, clientInfoOf(request).address),
	};
}
