import { Elysia } from "elysia";
import type { AuditLog } from "../accounts/audit/service";
import type { Platform } from "../http/platform";
import { backupRoutes } from "./backup/routes";
import { type BackupService, noBackups } from "./backup/service";
import { doctorRoutes } from "./doctor/routes";
import { type Doctor, noDoctor } from "./doctor/service";

export type InstanceOptions = {
	/** Absent for an in-memory database. */
	backups?: BackupService;
	doctor?: Doctor;
};

export const instanceRoutes = (
	platform: Platform,
	{ backups = noBackups, doctor = noDoctor, auditLog }: InstanceOptions & { auditLog: AuditLog },
) =>
	new Elysia({ name: "instance" })
		.use(doctorRoutes(platform, { doctor }))
		.use(backupRoutes(platform, { backups, auditLog }));
