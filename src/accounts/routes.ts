import { Elysia } from "elysia";
import type { Platform } from "../http/platform";
import { adminRoutes } from "./admin/routes";
import { authRoutes } from "./auth/routes";
import { inviteRoutes, linkPage } from "./invites/routes";
import { oauthRoutes } from "./oauth/routes";
import type { AccountServices, AccountStores, SignInServices } from "./services";
import { userRoutes } from "./users/routes";

type Dependencies = AccountServices & SignInServices & { stores: AccountStores; corsOrigins: string[] };

export const accountRoutes = (platform: Platform, { stores, corsOrigins, ...services }: Dependencies) =>
	new Elysia({ name: "accounts" })
		.use(authRoutes(platform, services))
		.use(oauthRoutes(platform, services))
		.use(linkPage(corsOrigins))
		.use(inviteRoutes(platform, services))
		.use(adminRoutes(platform, { ...services, ...stores }))
		.use(userRoutes(platform, { ...services, users: stores.users }));
