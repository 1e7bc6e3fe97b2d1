import type { Actor } from "../../core/caller";
import type { Action, AuditStore } from "./store";

export type AuditLog = ReturnType<typeof createAuditLog>;

/** Records changes of accounts: the action, the actor and the account it concerns, by default the actor's own. */
export const createAuditLog = ({ audit, now }: { audit: AuditStore; now: () => Date }) => ({
	record: (action: Action, actor: Actor, subjectId: string | null = actor.id): Promise<void> =>
		audit.record({ at: now(), action, actorId: actor.id, subjectId, address: actor.address }),
});
