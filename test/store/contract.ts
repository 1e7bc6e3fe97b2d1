import { describe, expect, test } from "bun:test";
import { accessTokens } from "./access-tokens";
import { audit } from "./audit";
import { clock } from "./clock";
import { comments } from "./comments";
import { exports } from "./exports";
import { feed } from "./feed";
import { follows } from "./follows";
import { images } from "./images";
import { likes } from "./likes";
import { links } from "./links";
import { moves } from "./moves";
import { posts } from "./posts";
import { sessions } from "./sessions";
import { tags } from "./tags";
import { transactions } from "./transactions";
import { trash } from "./trash";
import { users } from "./users";
import { type Engine, worldOf } from "./world";

const parts = {
	...{ users, sessions, accessTokens, links, audit, posts, comments, likes, follows, feed, tags, images, exports },
	...{ trash, moves, clock, transactions },
};

/** Holds an engine against the contract of all stores. */
export const contract = (name: string, open: Engine) =>
	describe(name, () => {
		const world = worldOf(open);
		for (const [name, part] of Object.entries(parts)) describe(name, () => part(world));

		// The last test: it sees what the tests above have called.
		test("each method of the stores has a test", () => {
			expect(world.methods().filter((method) => !world.called.has(method))).toEqual([]);
		});
	});
