import { expect, test } from "bun:test";
import { at, gone, hash, idsOf, origin, type World } from "./world";

export function sessions(world: World) {
	living(world);
	rotating(world);
	ending(world);
}

function rotating({ stores, session }: World) {
	const rotate = (presented: number, successor: number, time: number) =>
		stores.sessions.rotate({
			presented: hash(presented),
			successor: hash(successor),
			now: at(time),
			expiresAt: at(time + 1000),
			longestMs: 2000,
			graceMs: 10,
		});

	test("rotation spends a token once, and prolongs the session", async () => {
		await session("s1", 1);
		expect(await rotate(1, 2, 500)).toEqual({
			outcome: "rotated",
			sessionId: "s1",
			userId: "ada",
			expiresAt: at(1500),
		});
		expect(await rotate(1, 2, 510)).toEqual({
			outcome: "rotated",
			sessionId: "s1",
			userId: "ada",
			expiresAt: at(1500),
		});
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at(1499))).not.toBeNull();
		expect(await rotate(7, 8, 0)).toBeNull();
		expect(await rotate(2, 3, 1400)).toMatchObject({ outcome: "rotated", expiresAt: at(2000) });
		expect(await rotate(3, 4, 2000)).toBeNull();
	});

	test("a spent token ends its session after the grace, and one that has expired does nothing", async () => {
		await session("s1", 1);
		await rotate(1, 2, 500);
		expect(await rotate(1, 2, 511)).toEqual({ outcome: "replayed", userId: "ada" });
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at(600))).toBeNull();
		await session("s2", 4);
		await rotate(4, 5, 999);
		expect(await rotate(4, 5, 1500)).toBeNull();
		expect(await stores.sessions.caller({ id: "s2", userId: "ada" }, at(1500))).not.toBeNull();
	});

	test("of parallel rotations one spends the token, and the others get the same successor", async () => {
		await session("s1", 1);
		const rotated = await Promise.all([1, 2, 3].map(() => rotate(1, 2, 500)));
		expect(rotated.map((result) => result?.outcome)).toEqual(["rotated", "rotated", "rotated"]);
		expect(await rotate(2, 3, 600)).toMatchObject({ outcome: "rotated", sessionId: "s1" });
	});
}

function living({ stores, session, caller, person }: World) {
	test("a session is its user's, and lives until it ends", async () => {
		await session("s1", 1);
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at(999))).toEqual(caller("s1"));
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at(1000))).toBeNull();
		expect(await stores.sessions.caller({ id: "s1", userId: "bob" }, at())).toBeNull();
		await stores.sessions.endByToken(hash(1));
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at())).toBeNull();
	});

	test("signing in sweeps the user's expired sessions", async () => {
		await session("s1", 1);
		await stores.sessions.create({
			id: "s2",
			userId: "ada",
			passwordHash: "hash",
			tokenHash: hash(2),
			createdAt: at(2000),
			expiresAt: at(3000),
			...origin,
		});
		expect(await stores.sessions.caller({ id: "s1", userId: "ada" }, at())).toBeNull();
	});

	test("signing in fails with another password and for a suspended account, and not for a pending one", async () => {
		await person("eve", { pendingSince: at() });
		await session("s1", 1, "eve");
		expect(await stores.sessions.caller({ id: "s1", userId: "eve" }, at())).toMatchObject({ isPending: true });
		await stores.users.update("ada", { passwordHash: "new", updatedAt: at() });
		await expect(session("s2", 2)).rejects.toMatchObject(gone);
		await stores.users.update("bob", { suspendedAt: at(), updatedAt: at() });
		await expect(session("s3", 3, "bob")).rejects.toMatchObject({ code: "forbidden" });
	});

	test("a user has 50 sessions at most: the next one ends the one used longest ago", async () => {
		for (let i = 0; i <= 50; i++) await session(`s${i}`, i, "ada", i);
		const living = await stores.sessions.ofUser("ada", at());
		expect(idsOf(living)).toEqual(Array.from({ length: 50 }, (_, i) => `s${50 - i}`));
		expect(living[0]).toEqual({ id: "s50", createdAt: at(50), usedAt: at(50), expiresAt: at(1050), ...origin });
	});
}

function ending({ stores, session, caller }: World) {
	test("sessions end one by one by their user, and all others at once", async () => {
		for (const [i, id] of ["s1", "s2", "s3"].entries()) await session(id, i);
		await session("s4", 4, "bob");
		expect(await stores.sessions.end("bob", "s1")).toBe(false);
		expect([await stores.sessions.end("ada", "s1"), await stores.sessions.end("ada", "s1")]).toEqual([true, false]);
		await stores.sessions.endOthers(caller("s3"));
		expect(idsOf(await stores.sessions.ofUser("ada", at()))).toEqual(["s3"]);
		expect(idsOf(await stores.sessions.ofUser("bob", at()))).toEqual(["s4"]);
		await expect(stores.sessions.endOthers(caller("s1"))).rejects.toMatchObject(gone);
	});

	test("a sweep deletes what has expired", async () => {
		await session("s1", 1);
		await session("s2", 2, "bob", 500);
		await stores.sessions.sweep(at(1000));
		expect(await stores.sessions.ofUser("ada", at())).toEqual([]);
		expect(idsOf(await stores.sessions.ofUser("bob", at()))).toEqual(["s2"]);
		await stores.sessions.endByToken(hash(9)); // unknown tokens are ignored
	});
}
