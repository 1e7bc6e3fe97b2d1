import type { Action, Actor, AuditStore } from "./store";

export type Trail = ReturnType<typeof trail>;

/** Writes down what happens to accounts. */
export const trail =
	({ audit, now }: { audit: AuditStore; now: () => Date }) =>
	(action: Action, actor: Actor, subjectId: string | null = actor.id): Promise<void> =>
		audit.record({ at: now(), action, actorId: actor.id, subjectId, address: actor.address });
