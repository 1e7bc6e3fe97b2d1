import { expect, test } from "bun:test";
import type { Caller, Role } from "../../src/core/caller";
import { authorize, type Permission, permissions, permit } from "../../src/core/permissions";

const caller = (role: Role, credential: "session" | "token"): Caller => ({
	id: "caller",
	username: "caller",
	role,
	sessionId: credential === "session" ? "s1" : null,
	tokenId: credential === "token" ? "t1" : null,
	scope: "write",
	isPending: false,
});

/** By role: may act on their own subjects, and on those of others. `session` refuses personal access tokens. */
// biome-ignore format: a table
const expected: Record<Permission, { user: [boolean, boolean]; admin: [boolean, boolean]; session: boolean }> = {
	"account.read":       { user: [true, false],  admin: [true, false], session: false },
	"account.delete":     { user: [true, false],  admin: [true, false], session: true },
	"account.export":     { user: [true, false],  admin: [true, false], session: true },
	"access.manage":      { user: [true, false],  admin: [true, false], session: true },
	"invitations.manage": { user: [true, false],  admin: [true, true],  session: true },
	participate:          { user: [true, false],  admin: [true, false], session: false },
	"posts.edit":         { user: [true, false],  admin: [true, false], session: false },
	"posts.delete":       { user: [true, false],  admin: [true, true],  session: false },
	"comments.delete":    { user: [true, false],  admin: [true, true],  session: false },
	"accounts.manage":    { user: [false, false], admin: [true, true],  session: false },
	"accounts.control":   { user: [false, false], admin: [true, true],  session: true },
	"audit.read":         { user: [false, false], admin: [true, true],  session: true },
	"trash.manage":       { user: [false, false], admin: [true, true],  session: true },
	"backups.manage":     { user: [false, false], admin: [true, true],  session: true },
	"doctor.run":         { user: [false, false], admin: [true, true],  session: true },
};

const isAllowed = (check: () => unknown) => {
	try {
		check();
		return true;
	} catch (error) {
		expect(error).toMatchObject({ code: "forbidden" });
		return false;
	}
};

test("the table allows each role and each credential what it should, and nothing else", () => {
	expect(Object.keys(permissions).sort()).toEqual(Object.keys(expected).sort());
	for (const [name, { session, ...reach }] of Object.entries(expected))
		for (const role of ["user", "admin"] as const)
			for (const credential of ["session", "token"] as const) {
				const permission = name as Permission;
				const actor = caller(role, credential);
				const [own = false, other = false] = reach[role].map((may) => may && !(session && credential === "token"));
				const owned = (ownerId: string) => isAllowed(() => authorize(permission, actor, { subject: null, ownerId }));
				const found = [owned("caller"), owned("another"), isAllowed(() => permit(permission, actor, ""))];
				expect([name, role, credential, ...found]).toEqual([name, role, credential, own, other, other]);
			}
});

test("a proof says whether the subject is the actor's own", () => {
	const admin = caller("admin", "token");
	expect(authorize("posts.delete", admin, { subject: "post", ownerId: "caller" }).isOwn).toBe(true);
	expect(authorize("posts.delete", admin, { subject: "post", ownerId: "another" }).isOwn).toBe(false);
});
