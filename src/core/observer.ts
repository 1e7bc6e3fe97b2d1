/** An answered request for logs and metrics. It has the pattern of the path, and no data of the client. */
export type Served = {
	requestId: string;
	method: string;
	/** Such as /posts/:post_id; absent for an unknown path. */
	route?: string;
	status: number;
	seconds: number;
	/** Absent for anonymous callers. */
	userId?: string;
	/** The client address of a refused request; absent for all others. */
	address?: string;
};

export type Observer = {
	served?(request: Served): void;
	/** A client was over the limit of this policy. */
	limited?(policy: string): void;
	/** A browser asked for an origin that CORS_ORIGINS does not allow. Comes once for each origin. */
	refusedOrigin?(origin: string, advice: string): void;
	/** The server failed because of a defect. */
	failed?(requestId: string, error: unknown): void;
};
