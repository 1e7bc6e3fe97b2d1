import { type Static, Type } from "@sinclair/typebox";
import { PageOf, pageQuery } from "../../http/page";
import { Id, nullable, ResponseSchema, Time } from "../../http/schema";
import { Text } from "../../http/text";
import { type AuditEntry as AuditEntryOf, actions } from "../audit/store";
import { Me, presentAccount } from "../users/model";
import type { Account } from "../users/store";

const Role = Type.Union([Type.Literal("user"), Type.Literal("admin")]);
const State = Type.Union([Type.Literal("active"), Type.Literal("pending"), Type.Literal("suspended")], {
	description: "pending waits for approval; suspended cannot sign in",
});

export const ManagedUser = ResponseSchema(
	{ ...Me.properties, suspended_at: nullable(Time), pending_since: nullable(Time) },
	{ $id: "ManagedUser", description: "An account, with the fields that only administrators see" },
);
export const ManagedUserPage = PageOf(ManagedUser);

export const ManagedUserQuery = Type.Object({
	q: Type.Optional(
		Text({ minLength: 1, maxLength: 254, description: "1 to 254 characters of a username or an e-mail address" }),
	),
	state: Type.Optional(State),
	role: Type.Optional(Role),
	...pageQuery,
});

export const ManagedUserUpdate = Type.Partial(
	Type.Object({
		role: Role,
		state: Type.Union([Type.Literal("active"), Type.Literal("suspended")], {
			description: "active approves or unsuspends",
		}),
	}),
	{ $id: "ManagedUserUpdate" },
);

export const presentManaged = (account: Account): Static<typeof ManagedUser> => ({
	...presentAccount(account),
	suspended_at: account.suspendedAt?.toISOString() ?? null,
	pending_since: account.pendingSince?.toISOString() ?? null,
});

const Action = Type.Unsafe<(typeof actions)[number]>(Type.Union(actions.map((action) => Type.Literal(action))));
const Person = ResponseSchema(
	{ id: Id, username: nullable(Type.String({ description: "Null when the account is gone" })) },
	{ $id: "AuditPerson" },
);

export const AuditEntry = ResponseSchema(
	{
		at: Time,
		action: Action,
		actor: Type.Union([Person, Type.Null()], {
			description: "The account that acted; null for anonymous callers and the operator",
		}),
		subject: Type.Union([Person, Type.Null()], { description: "The account that the action changed" }),
		address: Type.String({
			description: "The network of the actor; empty for the operator",
			examples: ["203.0.113.0/24"],
		}),
	},
	{ $id: "AuditEntry" },
);
export const AuditPage = PageOf(AuditEntry);

export const AuditQuery = Type.Object({
	action: Type.Optional(Action),
	user: Type.Optional(
		Text({
			minLength: 1,
			maxLength: 50,
			description: "a username: events that this account caused or that changed it",
		}),
	),
	...pageQuery,
});

const person = (id: string | null, username: string | null) => (id === null ? null : { id, username });

export const presentEntry = ({
	at,
	action,
	actorId,
	actor,
	subjectId,
	subject,
	address,
}: AuditEntryOf): Static<typeof AuditEntry> => ({
	at: at.toISOString(),
	action,
	actor: person(actorId, actor),
	subject: person(subjectId, subject),
	address,
});
