import { login, type PolicyName, policies, type Quota } from "./policies";
import type { State } from "./request-counter";

export type Context = { request: Request; set: { headers: Record<string, string | number | undefined> } };

const quotas: Record<PolicyName, Quota> = {
	...policies,
	login: { requests: login.freeAttempts, seconds: login.longestDelaySeconds },
};

/** Sets the headers of draft-ietf-httpapi-ratelimit-headers: all policies of a request, and the one nearest to its limit. */
export function setRateLimitHeaders(set: Context["set"], states: State<PolicyName>[]) {
	const share = ({ name, remaining }: State<PolicyName>) => remaining / quotas[name].requests;
	const nearest = states.reduce((a, b) => (share(b) < share(a) ? b : a));
	set.headers["ratelimit-policy"] = states
		.map(({ name }) => `"${name}";q=${quotas[name].requests};w=${quotas[name].seconds}`)
		.join(", ");
	set.headers["ratelimit"] = `"${nearest.name}";r=${nearest.remaining};t=${Math.ceil(nearest.reset / 1000)}`;
}
