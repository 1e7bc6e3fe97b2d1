import type { Page, PageRequest } from "../../core/page";

/** Actions of the audit log: sign-ins, failed sign-ins, and changes of accounts. */
export const actions = [
	"signed_in",
	"sign_in_failed",
	"registered",
	"refresh_token_replayed",
	"session_ended",
	"password_changed",
	"password_reset",
	"token_created",
	"token_deleted",
	"link_created",
	"link_deleted",
	"role_changed",
	"suspended",
	"restored",
	"approved",
	"account_deleted",
	"post_deleted",
	"comment_deleted",
	"account_restored",
	"post_restored",
	"comment_restored",
	"trash_deleted",
	"archive_imported",
	"backup_created",
	"backup_fetched",
] as const;
export type Action = (typeof actions)[number];

type Event = {
	at: Date;
	action: Action;
	/** Account that acted; null for an anonymous caller, and for the operator at the command line. */
	actorId: string | null;
	/** Account that the action changed. */
	subjectId: string | null;
	/** Network of the actor, such as 203.0.113.0/24; empty for an unknown one and for the operator. */
	address: string;
};

/** An event with the current names of its people; null for deleted accounts. */
export type AuditEntry = Event & { actor: string | null; subject: string | null };

type AuditFilter = {
	action?: Action /** Username of the actor or the subject, in any case. */;
	user?: string;
};

export type AuditStore = {
	record(event: Event): Promise<void>;
	/** The newest first. Throws `invalid` for a cursor of another list. */
	page(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>;
	/** Deletes older events. */
	sweep(before: Date): Promise<void>;
};
