import { expect, test } from "bun:test";
import type { Stores } from "../../src/db/stores";
import type { World } from "./world";

const hourMs = 60 * 60_000;

export function clock({ open, stores }: World) {
	/** Stores whose wall clock a test sets; they are closed after it. */
	async function withClock(work: (stores: Stores, set: (offset: number) => void) => Promise<void>) {
		const start = Date.now();
		let wall = start;
		const stores = open({ time: { wall: () => wall, steady: () => 0 } });
		await work(stores, (offset) => {
			wall = start + offset;
		});
		await stores.close();
	}
	const create = ({ users }: Stores, id: string) =>
		users.create({
			...{ id, username: id, email: id, passwordHash: "hash", role: "user", displayName: id, createdAt: new Date() },
		});

	test("the clock of the machine is right", async () => {
		expect([stores.clock.state(), stores.clock.isTrusted(), stores.clock.refusal()]).toEqual(["right", true, null]);
		expect(Math.abs(stores.clock.now().getTime() - Date.now())).toBeLessThan(hourMs);
		const before = stores.clock.steadyNow().getTime();
		expect(stores.clock.steadyNow().getTime()).toBeGreaterThanOrEqual(before);
		expect(stores.clock.summary()).toStartWith("It is 2");
	});

	test("behind a time that has passed nothing is written, until the operator accepts the clock", () =>
		withClock(async (stores, set) => {
			await create(stores, "ada");
			const passed = stores.clock.now();
			set(-hourMs);
			expect(stores.clock.state()).toBe("behind");
			expect(stores.clock.now().getTime()).toBeGreaterThanOrEqual(passed.getTime());
			expect(stores.clock.refusal()).not.toBeNull();
			await expect(create(stores, "bob")).rejects.toMatchObject({ code: "busy" });
			stores.clock.accept();
			expect(stores.clock.state()).toBe("right");
			await create(stores, "bob");
			set(-Date.now());
			expect(() => stores.clock.accept()).toThrow(RangeError);
		}));

	test("a clock that leapt ahead may stamp rows, and deletes nothing by age", () =>
		withClock(async (stores, set) => {
			await stores.audit.record({
				at: stores.clock.now(),
				action: "signed_in",
				actorId: null,
				subjectId: null,
				address: "",
			});
			set(48 * hourMs);
			expect([stores.clock.state(), stores.clock.isTrusted()]).toEqual(["ahead", false]);
			await create(stores, "ada");
			expect(stores.clock.refusal()).toBeNull();
		}));

	test("a write stamps with a clock that is right, and changes nothing", () => {
		stores.clock.beforeWrite();
		stores.clock.accept();
		expect(stores.clock.state()).toBe("right");
	});
}
