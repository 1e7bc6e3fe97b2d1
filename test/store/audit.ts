import { expect, test } from "bun:test";
import type { Action } from "../../src/accounts/audit/store";
import { at, type World, walk } from "./world";

export function audit({ stores }: World) {
	const record = (action: Action, actorId: string | null, subjectId: string | null, time = 0) =>
		stores.audit.record({ at: at(time), action, actorId, subjectId, address: "203.0.113.0/24" });

	test("events come newest first, with the names that people have now, by action and by person", async () => {
		await record("signed_in", "ada", "ada");
		await record("suspended", null, "bob");
		await record("restored", "ada", "bob");
		await stores.users.remove("bob");
		const actions = async (filter: Parameters<typeof stores.audit.page>[0]) =>
			(await walk((page) => stores.audit.page(filter, page))).map(({ action }) => action);
		expect(await actions({})).toEqual(["restored", "suspended", "signed_in"]);
		expect(await actions({ action: "suspended" })).toEqual(["suspended"]);
		expect(await actions({ user: "ADA" })).toEqual(["restored", "signed_in"]);
		expect((await stores.audit.page({ action: "restored" }, { limit: 1 })).items).toEqual([
			{
				...{ at: at(), action: "restored", actorId: "ada", subjectId: "bob", address: "203.0.113.0/24" },
				...{ actor: "ada", subject: null },
			},
		]);
	});

	test("a sweep deletes what is older", async () => {
		await record("signed_in", "ada", "ada");
		await record("suspended", null, "bob", 1000);
		await stores.audit.sweep(at(1000));
		expect((await stores.audit.page({}, { limit: 9 })).items).toMatchObject([{ action: "suspended" }]);
	});
}
