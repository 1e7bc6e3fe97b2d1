import { type Static, Type } from "@sinclair/typebox";
import { PageOf } from "../../http/page";
import { Id, nullable, ResponseSchema, Time } from "../../http/schema";
import { PathText } from "../../http/text";
import type { Link } from "./store";

export const NewInvite = Type.Object(
	{
		uses: Type.Optional(
			Type.Integer({
				minimum: 1,
				maximum: 100,
				default: 1,
				description: "an integer from 1 to 100: registrations that it allows",
			}),
		),
		expires_in_days: Type.Optional(
			Type.Integer({ minimum: 1, maximum: 90, default: 7, description: "an integer from 1 to 90" }),
		),
	},
	{ $id: "NewInvite" },
);

const invite = {
	id: Id,
	created_by: nullable(Type.String({ description: "Username", examples: ["ada"] })),
	uses: Type.Integer({ description: "Number of accounts registered with it" }),
	max_uses: Type.Integer(),
	created_at: Time,
	expires_at: Time,
};
export const Invite = ResponseSchema(invite, { $id: "Invite", description: "An invitation" });
export const InvitePage = PageOf(Invite);

const secret = {
	token: Type.String({
		description: "Only this response contains it",
		examples: ["5Yov9I8TDhvWYrTSi9MuvWUODF9pkqKBWEuiFRHOM6s"],
	}),
	url: Type.String({
		description: "Address of a page of this server that uses the link",
		examples: ["https://feed.example/link#invite=5Yov9I8T"],
	}),
};
export const MadeInvite = ResponseSchema({ ...invite, ...secret }, { $id: "MadeInvite" });
export const ResetLink = ResponseSchema(
	{ ...secret, expires_at: Time },
	{ $id: "ResetLink", description: "A link that sets a new password" },
);

export const byInviteId = Type.Object({ id: PathText(Id) });

export const presentInvite = (link: Link): Static<typeof Invite> => ({
	id: link.id,
	created_by: link.creator,
	uses: link.uses,
	max_uses: link.maxUses,
	created_at: link.createdAt.toISOString(),
	expires_at: link.expiresAt.toISOString(),
});

/** The token follows `#`. Browsers never send that part, so no log contains it. */
export const linkUrl = (base: string, purpose: "reset" | "invite" | "admin", token: string) =>
	`${base}/link#${purpose}=${token}`;
