import { type AnyElysia, Elysia } from "elysia";
import { type PasswordOptions, passwords } from "./auth/passwords";
import { authRoutes } from "./auth/routes";
import { authService } from "./auth/service";
import { commentRoutes } from "./comments/routes";
import { commentService } from "./comments/service";
import type { Stores } from "./db/stores";
import { feedRoutes } from "./feed/routes";
import { followRoutes } from "./follows/routes";
import { followService } from "./follows/service";
import { clientAddresses, type Server } from "./http/address";
import { auth, type Callers } from "./http/auth";
import { cors } from "./http/cors";
import { docs } from "./http/docs";
import { guard } from "./http/guard";
import type { Metrics } from "./http/metrics";
import { type Observer, observe, type Requests } from "./http/observe";
import { problem, type Route, withProblems } from "./http/problem";
import { system } from "./http/system";
import { accessTokens } from "./http/tokens";
import { likeRoutes } from "./likes/routes";
import { postRoutes } from "./posts/routes";
import { postService } from "./posts/service";
import { userRoutes } from "./users/routes";
import { userService } from "./users/service";

export type AppOptions = {
	stores: Stores;
	/** At least 32 bytes. */
	secret: string;
	accessTokens: {
		algorithm: "HS256" | "HS384" | "HS512";
		lifetimeSeconds: number;
	};
	refreshTokens: { lifetimeSeconds: number };
	passwords: PasswordOptions;
	corsOrigins: string[];
	allowedHosts: string[];
	/** Addresses or CIDR ranges. */
	trustedProxies: string[];
	observers?: Observer[];
	/** Served at /metrics, where there are some. */
	metrics?: Metrics | null;
	now?: () => Date;
};

/** Wires the whole application. It opens nothing and listens to nothing. */
export function buildApp({ stores, secret, now = () => new Date(), observers = [], metrics, ...options }: AppOptions) {
	const { users, sessions, posts, comments, likes, follows, feed } = stores;
	const tokens = accessTokens({ ...options.accessTokens, secret, now });
	const hasher = passwords(options.passwords);
	const accounts = userService({ users, passwords: hasher, now });
	const service = authService({
		accounts,
		users,
		sessions,
		passwords: hasher,
		tokens,
		secret,
		refreshLifetimeSeconds: options.refreshTokens.lifetimeSeconds,
		now,
	});
	const requests: Requests = new WeakMap();
	const callers: Callers = new WeakMap();
	const signedIn = auth({ tokens, sessions, callers, now });

	const app = new Elysia({
		// One router for the server and for `app.handle`, and a path that begins where the URL says it does: by default Bun's
		// own router is asked first, and a Host shorter than four characters shifts the path.
		systemRouter: false,
		handler: { standardHostname: false },
	})
		.use(
			observe({
				observers,
				requests,
				callers,
				clientAddress: clientAddresses(options.trustedProxies),
				server: (): Server | null => app.server,
			}),
		)
		.use(
			guard({
				allowedHosts: options.allowedHosts,
				requestId: (request) => requests.get(request)?.id ?? "",
			}),
		)
		.use(cors(options.corsOrigins))
		.use(problem({ routes: (): Route[] => app.routes, observers }))
		.use(system({ ready: () => stores.ping() }))
		.use(docs((): AnyElysia => app))
		.use(authRoutes({ auth: signedIn, service, accounts }))
		.use(
			userRoutes({
				auth: signedIn,
				accounts,
				users,
				posts,
			}),
		)
		.use(
			followRoutes({
				auth: signedIn,
				following: followService({ follows, now }),
				follows,
			}),
		)
		.use(
			postRoutes({
				auth: signedIn,
				service: postService({ posts, now }),
				posts,
			}),
		)
		.use(likeRoutes({ auth: signedIn, likes, now }))
		.use(
			commentRoutes({
				auth: signedIn,
				service: commentService({ comments, now }),
				comments,
			}),
		)
		.use(feedRoutes({ auth: signedIn, feed }));

	if (metrics) {
		metrics.watch({ storage: () => stores.size(), gates: { passwords: hasher.load } });
		app.use(metrics.route(signedIn));
	}
	return { app: withProblems(app), accounts };
}

/** The type of the whole API: `treaty<App>()` of @elysiajs/eden makes a typed client of it. */
export type App = ReturnType<typeof buildApp>["app"];
