import { type AnyElysia, Elysia } from "elysia";
import { adminRoutes } from "./accounts/admin/routes";
import { trail } from "./accounts/audit/service";
import { authentication } from "./accounts/auth/authenticate";
import { authRoutes } from "./accounts/auth/routes";
import { authService } from "./accounts/auth/service";
import { type Argon2, lazyArgon2 } from "./accounts/users/argon2";
import { type PasswordOptions, passwords } from "./accounts/users/passwords";
import { clientAddresses, type Server } from "./core/address";
import type { Stores } from "./db/stores";
import { auth, type Callers } from "./http/auth";
import { backupRoutes } from "./instance/backup/routes";
import { type BackupService, noBackups } from "./instance/backup/service";
import { doctorRoutes } from "./instance/doctor/routes";
import { type Doctor, noDoctor } from "./instance/doctor/service";
import { commentRoutes } from "./social/comments/routes";
import { commentService } from "./social/comments/service";
import { feedRoutes } from "./social/feed/routes";
import { followRoutes } from "./social/follows/routes";
import { followService } from "./social/follows/service";
import { exportRoutes } from "./takeout/routes";
import { exportService } from "./takeout/service";
import "./http/checks";
import { accessTokens } from "./accounts/auth/jwt";
import { linkPage } from "./accounts/invites/page";
import { inviteRoutes } from "./accounts/invites/routes";
import { type InviteOptions, linkService } from "./accounts/invites/service";
import { oauthRoutes } from "./accounts/oauth/routes";
import { userRoutes } from "./accounts/users/routes";
import { type Registration, userService } from "./accounts/users/service";
import type { Observer } from "./core/observer";
import { undo as undoing } from "./core/retention";
import { knownTokens } from "./http/caller-cache";
import { origins } from "./http/client-info";
import { cors } from "./http/cors";
import { docs } from "./http/docs/swagger";
import { guard } from "./http/guard";
import { system } from "./http/health";
import { encoder } from "./http/json";
import type { Metrics } from "./http/metrics";
import { combined, observe, type Requests } from "./http/observe";
import { outside } from "./http/outside";
import { overload } from "./http/overload";
import { problem, type Route, withProblems } from "./http/problem";
import { limits } from "./http/rate-limit";
import { type Hold, writes } from "./http/read-only";
import { uploads } from "./http/upload";
import type { FileStore } from "./media/files";
import { mediaRoutes } from "./media/routes";
import { type MediaLimits, mediaService } from "./media/service";
import { imageLinks } from "./media/signed-urls";
import { likeRoutes } from "./social/likes/routes";
import { postRoutes, userPostRoutes } from "./social/posts/routes";
import { postService } from "./social/posts/service";
import { tagRoutes } from "./social/tags/routes";
import { accountRestoreRoutes, adminTrashRoutes, trashRoutes } from "./trash/routes";
import { trashService } from "./trash/service";

export type AppOptions = {
	stores: Stores;
	files: FileStore;
	/** Where pictures are kept while they arrive. */
	incomingDir: string;
	media: MediaLimits;
	/** At least 32 bytes. */
	secret: string;
	accessTokens: {
		algorithm: "HS256" | "HS384" | "HS512";
		lifetimeSeconds: number;
	};
	refreshTokens: { lifetimeSeconds: number };
	passwords: PasswordOptions;
	/** Hashes the passwords. */
	argon2?: Argon2;
	registration: Registration;
	invites: InviteOptions;
	/** For how many days what is deleted can be brought back; 0 is not at all. */
	undoDays: number;
	/** What absolute links start with; without it, what a request was sent to. */
	publicUrl?: string;
	corsOrigins: string[];
	allowedHosts: string[];
	/** Addresses or CIDR ranges. */
	trustedProxies: string[];
	/** Whether who asks too often is refused. */
	rateLimit: boolean;
	/** What keeps everybody from writing, if anything does; asked at every write. */
	hold?: () => Hold | null;
	/** Who knows where requests come from, when nothing listens: for tests. */
	peers?: Server | null;
	observers?: Observer[];
	/** Served at /metrics, where there are some. */
	metrics?: Metrics | null;
	/** Without, there is nothing on a disk to back up. */
	backups?: BackupService;
	doctor?: Doctor;
	/** By default the clock of the stores. */
	now?: () => Date;
};

/** Wires the whole application. It opens nothing and listens to nothing. */
export function buildApp({
	stores,
	files,
	secret,
	now: given,
	observers = [],
	metrics,
	backups = noBackups,
	doctor = noDoctor,
	argon2 = lazyArgon2(),
	...options
}: AppOptions) {
	const { hold = () => null } = options;
	const { now, steadyNow } = given ? { now: given, steadyNow: given } : stores.clock;
	const { users, sessions, audit, posts, comments, likes, follows, feed, tags, images, exports } = stores;
	const observer = combined(observers);
	const failed = (error: unknown) => observer.failed("", error);
	const media = mediaService({ images, files, limits: options.media, now, failed });
	const links = imageLinks({ secret, now });
	const tokens = accessTokens({ ...options.accessTokens, secret, now });
	const hasher = passwords(options.passwords, argon2);
	const record = trail({ audit, now });
	const { registration } = options;
	const undo = undoing({ days: options.undoDays, quota: options.media.userQuotaBytes, now });
	/** Beside the requests: one that deletes something large is answered when that is gone for everybody. */
	const finishDeleting = async () => {
		stores.trash.resume().then(media.collectSoon).catch(failed);
	};
	const accounts = userService({
		users,
		links: stores.links,
		passwords: hasher,
		media,
		record,
		undo,
		registration,
		finishDeleting,
		now,
	});
	const trash = trashService({ trash: stores.trash, posts, comments, passwords: hasher, media, record, undo });
	const oneTime = linkService({ links: stores.links, record, invites: options.invites, now });
	const service = authService({
		accounts,
		users,
		sessions,
		accessTokens: stores.accessTokens,
		passwords: hasher,
		tokens,
		record,
		secret,
		refreshLifetimeSeconds: options.refreshTokens.lifetimeSeconds,
		now,
	});
	const requests: Requests = new WeakMap();
	const callers: Callers = new WeakMap();
	const clientAddress = clientAddresses(options.trustedProxies);
	const server = (): Server | null => app.server ?? options.peers ?? null;
	const originOf = origins({ clientAddress, server });
	const address = outside({ clientAddress, server, allowedHosts: options.allowedHosts, publicUrl: options.publicUrl });
	const publicUrl = address.urlOf;
	const known = knownTokens(steadyNow);
	const limit = limits({
		isOn: options.rateLimit,
		accountIdOf: users.idByLogin,
		clientAddress,
		server,
		known,
		callers,
		observer,
		now: steadyNow,
	});
	const authenticate = authentication({ tokens, sessions, accessTokens: stores.accessTokens, now });
	const signedIn = auth({ authenticate, callers, known });
	const pictures = uploads({
		callers,
		directory: options.incomingDir,
		maxBytes: options.media.maxUploadBytes,
		admit: media.admit,
		failed,
	});

	const app = new Elysia({
		// One router for the server and for `app.handle`, and a path that begins where the URL says it does: by default Bun's
		// own router is asked first, and a Host shorter than four characters shifts the path.
		systemRouter: false,
		handler: { standardHostname: false },
	})
		.use(
			observe({
				observer,
				requests,
				callers,
				clientAddress,
				server,
			}),
		)
		.use(cors({ origins: options.corsOrigins, refused: observer.refusedOrigin }))
		.use(
			guard({
				outside: address,
				requestId: (request) => requests.get(request)?.id ?? "",
			}),
		)
		.use(problem({ routes: (): Route[] => app.routes, observer }))
		.use(overload((): boolean => app.server !== null))
		.use(limit.plugin)
		.use(writes(hold))
		.use(encoder)
		.use(system({ ready: () => stores.ping() }))
		.use(docs((): AnyElysia => app))
		.use(authRoutes({ auth: signedIn, limits: limit, service, accounts, originOf }))
		.use(accountRestoreRoutes({ limits: limit, trash, service, originOf }))
		.use(oauthRoutes({ limits: limit, service, originOf }))
		.use(linkPage(options.corsOrigins))
		.use(inviteRoutes({ auth: signedIn, links: oneTime, originOf, publicUrl }))
		.use(
			adminRoutes({
				auth: signedIn,
				accounts,
				users,
				audit,
				links: oneTime,
				originOf,
				publicUrl,
			}),
		)
		.use(doctorRoutes({ auth: signedIn, doctor }))
		.use(backupRoutes({ auth: signedIn, backups, record, originOf }))
		.use(
			userRoutes({
				auth: signedIn,
				limits: limit,
				uploads: pictures,
				accounts,
				users,
				originOf,
			}),
		)
		.use(userPostRoutes({ auth: signedIn, users, posts, links }))
		.use(exportRoutes({ auth: signedIn, service: exportService({ exports, users, files, now, failed }) }))
		.use(
			followRoutes({
				auth: signedIn,
				limits: limit,
				following: followService({ follows, now }),
				follows,
			}),
		)
		.use(
			postRoutes({
				auth: signedIn,
				limits: limit,
				uploads: pictures,
				service: postService({ posts, media, record, undo, finishDeleting, now }),
				posts,
				links,
				originOf,
			}),
		)
		.use(tagRoutes({ auth: signedIn, limits: limit, tags, posts, links, now }))
		.use(likeRoutes({ auth: signedIn, limits: limit, likes, now }))
		.use(
			commentRoutes({
				auth: signedIn,
				limits: limit,
				service: commentService({ comments, record, undo, now }),
				comments,
				originOf,
			}),
		)
		.use(trashRoutes({ auth: signedIn, limits: limit, service: trash, links }))
		.use(adminTrashRoutes({ auth: signedIn, service: trash, originOf }))
		.use(feedRoutes({ auth: signedIn, feed, links }))
		.use(mediaRoutes({ auth: signedIn, images, files, links }));

	if (metrics) {
		metrics.watch({
			storage: () => stores.size(),
			gates: { passwords: hasher.load, pictures: media.load },
			isHeld: () => hold() !== null,
		});
		app.use(metrics.route(signedIn));
	}
	return {
		app: withProblems(app),
		accounts,
		media,
		links: oneTime,
		limits: limit,
		unbelieved: clientAddress.unbelieved,
	};
}

/** The type of the whole API: `treaty<App>()` of @elysiajs/eden makes a typed client of it. */
export type App = ReturnType<typeof buildApp>["app"];
