import { Type } from "@sinclair/typebox";
import { Elysia } from "elysia";
import { AppError } from "../core/errors";
import { version } from "../core/version";
import { ResponseSchema } from "./schema";

const Health = ResponseSchema({ status: Type.Literal("ok") }, { $id: "Health" });
const About = ResponseSchema(
	{
		name: Type.String({ examples: ["minifeed"] }),
		version: Type.String({ examples: ["0.1.0"] }),
		docs: Type.String({ examples: ["/docs"] }),
		openapi: Type.String({ examples: ["/openapi.json"] }),
	},
	{ $id: "About" },
);

/** For the documentation. */
const unlimited: object = { "x-limited": false };

/** Says which server answers, and whether it is up. */
export const health = ({ ready }: { ready: () => Promise<void> }) =>
	new Elysia({ name: "http.system", tags: ["system"] })
		.get(
			"/",
			() => ({
				name: "minifeed",
				version,
				docs: "/docs",
				openapi: "/openapi.json",
			}),
			{
				response: { 200: About },
				detail: {
					operationId: "about",
					summary: "Name, version and where the documentation is",
				},
			},
		)
		.get("/livez", () => ({ status: "ok" as const }), {
			response: { 200: Health },
			detail: { operationId: "livez", summary: "The process is up", ...unlimited },
		})
		.get(
			"/readyz",
			async () => {
				await ready().catch(() => {
					throw new AppError("busy", "The database does not answer.");
				});
				return { status: "ok" as const };
			},
			{
				response: { 200: Health },
				detail: { operationId: "readyz", summary: "The database answers", ...unlimited },
			},
		);
