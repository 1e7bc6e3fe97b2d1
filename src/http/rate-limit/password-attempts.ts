import { AppError } from "../../core/errors";
import { fold } from "../../core/fold";
import { type Context, setRateLimitHeaders } from "./headers";
import { createLoginThrottle, type Result } from "./login-throttle";
import type { PolicyName } from "./policies";
import type { RequestCounter, State } from "./request-counter";

type Options = {
	isOn: boolean;
	/** The id of the account that a username or an e-mail address belongs to. */
	accountIdOf: (login: string) => Promise<string | null>;
	requests: RequestCounter;
	/** Throws `rate_limited`. */
	refuse: (context: Context, state: State<PolicyName>) => never;
	now: () => Date;
};

/** The account that a password is tried for. */
type Target = { login: string; isDeleted?: boolean };

/** The keys of the counters. Username and e-mail address of an account share one; each unknown name has its own. */
const keys = {
	account: (id: string) => `account ${id}`,
	typed: (login: string) => `typed ${fold(login.trim())}`,
};

/** Throttles the attempts at a password, by account and by address. login-throttle.ts has the rules. */
export function passwordAttempts({ isOn, accountIdOf, requests, refuse, now }: Options) {
	const throttle = createLoginThrottle(now);

	return {
		/**
		 * Calls `compare`, which verifies a password, unless the account or the address has to wait. A deleted account is
		 * counted by the typed name: several may share a name, and each would bring free attempts.
		 */
		async passwordAttempt<T>(
			context: Context,
			{ login, isDeleted = false }: Target,
			compare: () => Promise<T>,
		): Promise<T> {
			if (!isOn) return compare();
			const { request, set } = context;
			const id = isDeleted ? null : await accountIdOf(login.trim());
			const attempt = throttle.passwordAttempt(
				id === null ? keys.typed(login) : keys.account(id),
				requests.addressOf(request),
			);
			if ("wait" in attempt) return refuse(context, { name: "login", ...attempt });
			const state = attempt.isTrusted ? null : requests.take(request, "login-address");
			if (state && state.wait > 0) {
				attempt.end("not compared");
				refuse(context, state);
			}
			const end = (result: Result) => {
				const states: State<PolicyName>[] = [{ name: "login", ...attempt.end(result) }];
				if (state && result !== "wrong") requests.giveBack(request, "login-address");
				if (state) states.push(requests.look(request, "login-address"));
				setRateLimitHeaders(set, states);
			};
			try {
				const result = await compare();
				end("right");
				return result;
			} catch (error) {
				end(error instanceof AppError && error.code === "unauthenticated" ? "wrong" : "not compared");
				throw error;
			}
		},

		/** Trusts the address of a request that the owner of an account made. The names count after a deletion. */
		trustAddress(request: Request, { id, username, email }: { id: string; username: string; email: string }) {
			const accounts = [keys.account(id), keys.typed(username), keys.typed(email)];
			if (isOn) throttle.trustAddress(accounts, requests.addressOf(request));
		},

		size: () => throttle.sizes().reduce((a, b) => a + b),
	};
}
