export type Given = { baseUrl: string; username: string; password: string; picture: Blob };

/** The result of every program, in whatever language. */
export type Outcome = {
	signedIn: string;
	text: string;
	picture: [width: number, height: number];
	listed: string[];
	refused: string;
	/** True when a change of something else kept the avatar. */
	keptAvatar: boolean;
	removedAvatar: boolean;
};

export type Use = (given: Given) => Promise<Outcome>;
