import { Elysia } from "elysia";
import type { Auth } from "../../http/auth";
import { Problem } from "../../http/problem";
import { presentReport, Report } from "./model";
import type { Doctor } from "./service";

export const doctorRoutes = ({ auth, doctor }: { auth: Auth; doctor: Doctor }) =>
	new Elysia({ name: "doctor.routes", prefix: "/admin", tags: ["admin"] })
		.use(auth)
		.get("/doctor", async () => presentReport(await doctor()), {
			adminSession: true,
			response: { 200: Report, 403: Problem },
			detail: {
				operationId: "getDoctor",
				summary: "Look for what is wrong with the server and its data, and how it is mended",
				description: "Reads the whole database and the newest backup, by a process of its own: it may take a minute.",
			},
		});
