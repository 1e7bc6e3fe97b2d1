import type { Relationship } from "../../accounts/users/store";
import type { Caller } from "../../core/caller";
import { invalid, notFound } from "../../core/errors";
import type { FollowStore } from "./store";

export type FollowService = ReturnType<typeof followService>;

export const followService = ({ follows, now }: { follows: FollowStore; now: () => Date }) => ({
	async follow(user: Caller, username: string): Promise<Relationship> {
		if (username.toLowerCase() === user.username) throw invalid("/username", "You cannot follow yourself.");
		const relationship = await follows.add({
			followerId: user.id,
			username,
			createdAt: now(),
		});
		if (!relationship) throw notFound("user");
		return relationship;
	},

	async unfollow(user: Caller, username: string): Promise<Relationship> {
		const relationship = await follows.remove({
			followerId: user.id,
			username,
		});
		if (!relationship) throw notFound("user");
		return relationship;
	},
});
