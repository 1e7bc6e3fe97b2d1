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

/** Name and version of the server, and its health checks. */
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
					summary: "Get the name, the version and the address of the documentation",
				},
			},
		)
		.get("/livez", () => ({ status: "ok" as const }), {
			response: { 200: Health },
			detail: { operationId: "livez", summary: "Check that the process runs", ...unlimited },
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
				detail: { operationId: "readyz", summary: "Check that the database answers", ...unlimited },
			},
		);
