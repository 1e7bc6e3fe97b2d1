import type { AppOptions } from "../../src/app";
import { testApp } from "./app";

/** The app with its limits. A request comes from the address that its header `x-peer` says. */
export function limited(options: Partial<AppOptions> = {}) {
	const peers = {
		requestIP: ({ headers }: Request) => ({ address: headers.get("x-peer") ?? "203.0.113.1" }),
	};
	const app = testApp({ rateLimit: true, peers, ...options });
	const wait = (seconds: number) => {
		app.clock.now = new Date(app.clock.now.getTime() + seconds * 1000);
	};
	const signIn = (username: string, password: string, headers?: Record<string, string>) =>
		app.anonymous.post("/auth/login", { username, password }, headers);
	return { ...app, wait, signIn };
}

export const from = (address: string) => ({ "x-peer": address });
/** As many addresses as one likes, each of another place. */
export const anywhere = (i: number) => from(`10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`);
