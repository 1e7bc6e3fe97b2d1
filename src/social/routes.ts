import { Elysia } from "elysia";
import type { AuditLog } from "../accounts/audit/service";
import type { UserStore } from "../accounts/users/store";
import type { Retention } from "../core/retention";
import type { Platform } from "../http/platform";
import type { MediaService } from "../media/service";
import type { PictureUrls } from "../media/signed-urls";
import { commentRoutes } from "./comments/routes";
import { commentService } from "./comments/service";
import type { CommentStore } from "./comments/store";
import { feedRoutes } from "./feed/routes";
import type { FeedStore } from "./feed/store";
import { followRoutes } from "./follows/routes";
import { followService } from "./follows/service";
import type { FollowStore } from "./follows/store";
import { likeRoutes } from "./likes/routes";
import type { LikeStore } from "./likes/store";
import { postRoutes, userPostRoutes } from "./posts/routes";
import { postService } from "./posts/service";
import type { PostStore } from "./posts/store";
import { tagRoutes } from "./tags/routes";
import type { TagStore } from "./tags/store";

type SocialStores = {
	users: UserStore;
	posts: PostStore;
	comments: CommentStore;
	likes: LikeStore;
	follows: FollowStore;
	feed: FeedStore;
	tags: TagStore;
};

type Dependencies = {
	stores: SocialStores;
	media: MediaService;
	pictureUrls: PictureUrls;
	auditLog: AuditLog;
	retention: Retention;
	finishDeleting: () => Promise<void>;
	now: () => Date;
};

export const socialRoutes = (platform: Platform, { stores, pictureUrls, ...dependencies }: Dependencies) => {
	const { users, posts, comments, likes, follows, feed, tags } = stores;
	const { now } = dependencies;
	return new Elysia({ name: "social" })
		.use(userPostRoutes(platform, { users, posts, pictureUrls }))
		.use(followRoutes(platform, { service: followService({ follows, now }), follows }))
		.use(postRoutes(platform, { service: postService({ ...dependencies, posts }), posts, pictureUrls }))
		.use(tagRoutes(platform, { tags, posts, pictureUrls, now }))
		.use(likeRoutes(platform, { likes, now }))
		.use(commentRoutes(platform, { service: commentService({ ...dependencies, comments }), comments }))
		.use(feedRoutes(platform, { feed, pictureUrls }));
};
