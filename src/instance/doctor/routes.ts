import { Elysia } from "elysia";
import type { Platform } from "../../http/platform";
import { Problem } from "../../http/problem";
import { presentReport, Report } from "./model";
import type { Doctor } from "./service";

export const doctorRoutes = (platform: Platform, { doctor }: { doctor: Doctor }) =>
	new Elysia({ name: "doctor.routes", prefix: "/admin", tags: ["admin"] })
		.use(platform.route)
		.get("/doctor", async () => presentReport(await doctor()), {
			permission: "doctor.run",
			response: { 200: Report, 403: Problem },
			detail: {
				operationId: "getDoctor",
				summary: "Find problems of the server and its data, with remedies",
				description: "A separate process reads the whole database and the newest backup. This may take a minute.",
			},
		});
