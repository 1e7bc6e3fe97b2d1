import type { Caller, ClientInfo, SessionCaller } from "../../core/caller";
import { notFound } from "../../core/errors";
import type { AuditLog } from "../audit/service";
import type { Session, SessionStore } from "./store";

type Dependencies = { sessions: SessionStore; auditLog: AuditLog; now: () => Date };

export type OwnSessions = ReturnType<typeof createOwnSessions>;

/** Lists and ends the sessions of a person. */
export const createOwnSessions = ({ sessions, auditLog, now }: Dependencies) => ({
	ofUser: (user: Caller): Promise<Session[]> => sessions.ofUser(user.id, now()),

	async end(user: Caller, id: string, { address }: ClientInfo): Promise<void> {
		if (!(await sessions.end(user.id, id))) throw notFound("session");
		await auditLog.record("session_ended", { id: user.id, address });
	},

	/** Ends all sessions except the caller's. */
	async endOthers(user: SessionCaller, { address }: ClientInfo): Promise<void> {
		await sessions.endOthers(user);
		await auditLog.record("session_ended", { id: user.id, address });
	},
});
