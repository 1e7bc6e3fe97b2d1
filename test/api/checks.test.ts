import { expect, spyOn, test } from "bun:test";
import { testApp } from "../support/app";

/** The checks that are compiled while something is done. TypeBox makes each by the Function constructor. */
async function compiledBy(work: () => Promise<unknown>): Promise<number> {
	const make = spyOn(globalThis, "Function");
	try {
		await work();
		return make.mock.calls.filter(([...given]) => given.some((text) => String(text).includes("function check(")))
			.length;
	} finally {
		make.mockRestore();
	}
}

test("what a route answers is not compiled into a check, and what it takes is, once", async () => {
	const { anonymous } = testApp();
	expect(await compiledBy(() => anonymous.get("/readyz"))).toBe(0);
	expect(await compiledBy(() => anonymous.get("/posts/?limit=1"))).toBeGreaterThan(0);
	expect(await compiledBy(() => anonymous.get("/posts/?limit=0"))).toBe(0);
});
