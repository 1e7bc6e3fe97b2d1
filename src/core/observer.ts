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
	/** Where it came from, of what was refused; of all else nobody needs to know it. */
	address?: string;
};

export type Observer = {
	served?(request: Served): void;
	/** Somebody was refused for asking too often, by this policy. */
	limited?(policy: string): void;
	/** A browser asked for an origin that CORS_ORIGINS does not allow. Comes once for each origin. */
	refusedOrigin?(origin: string, advice: string): void;
	/** Something broke for a reason of our own. */
	failed?(requestId: string, error: unknown): void;
};
