import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { notFound } from "../core/errors";
import type { Header } from "../http/docs/openapi";
import { isKnown } from "../http/etag";
import { PictureFile } from "../http/form";
import type { Platform } from "../http/platform";
import { Problem } from "../http/problem";
import { PathText } from "../http/text";
import { type FileStore, imageOf } from "./files";
import type { PictureUrls } from "./signed-urls";
import type { ImageStore } from "./store";

type Dependencies = { stores: { images: ImageStore }; files: FileStore; pictureUrls: PictureUrls };

const Picture = { ...PictureFile("the picture"), contentMediaType: "image/webp", noValidate: true };

const kept: Header[] = ["ETag", "Cache-Control", "Content-Disposition"];
const part: Header[] = ["Accept-Ranges", "Content-Range"];

/** The browser runs no script of the file, whichever content type it assumes. */
const policy = "default-src 'none'; sandbox";

export const mediaRoutes = (platform: Platform, { stores: { images }, files, pictureUrls }: Dependencies) =>
	new Elysia({ name: "media.routes", prefix: "/uploads", tags: ["pictures"] }).use(platform.route).get(
		"/:name",
		async ({ params: { name: file }, query, viewer, request }) => {
			const gone = notFound("picture");
			const name = imageOf(file); // also refuses paths outside of the store
			if (name === null) throw gone;
			const viewerId = viewer?.id ?? (query.access ? pictureUrls.viewerOf(name, query.access) : null);
			const seenBy = await images.seenBy(viewerId, name);
			const bytes = seenBy && (await files.get(file));
			if (!bytes) throw gone;
			const etag = `"${file}"`;
			const headers = {
				etag,
				"cache-control": seenBy === "everybody" ? "public, max-age=31536000, immutable" : "private, no-store",
				"content-type": "image/webp",
				"content-disposition": `inline; filename="${file}"`,
				"content-security-policy": policy,
			};
			// Bun answers Range requests for files: 206 with the range, or 416.
			return isKnown(request, etag) ? new Response(null, { status: 304, headers }) : new Response(bytes, { headers });
		},
		{
			viewer: true,
			params: Type.Object({
				name: PathText({
					description: "The file name from the URL of a picture",
					examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.webp"],
				}),
			}),
			query: Type.Object({
				access: Type.Optional(
					Type.String({ description: "The signature from the URL of a picture that is not public" }),
				),
			}),
			response: { 200: Picture, 206: Picture, 304: Type.Void(), 404: Problem, 416: Type.Void() },
			detail: {
				operationId: "getPicture",
				summary: "Fetch a picture or a range of its bytes",
				...({ "x-headers": { 200: kept, 206: [...kept, ...part], 304: kept, 416: [...kept, ...part] } } as object),
			},
		},
	);
