/** An answered request as logs and metrics see it: nothing of what was sent, and of the path only its pattern. */
export type Served = {
	requestId: string;
	method: string;
	/** Such as /posts/:post_id; absent where there is none. */
	route?: string;
	status: number;
	seconds: number;
	/** Absent for strangers. */
	userId?: string;
	/** The network address of a refused request; absent for all others, which need none. */
	address?: string;
};

export type Observer = {
	served?(request: Served): void;
	/** A client was over the limit of this policy. */
	limited?(policy: string): void;
	/** A browser asked for an origin that CORS_ORIGINS does not allow. Comes once for each origin. */
	refusedOrigin?(origin: string, advice: string): void;
	/** Something broke for a reason of our own. */
	failed?(requestId: string, error: unknown): void;
};
