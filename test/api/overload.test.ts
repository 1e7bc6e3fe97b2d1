import { expect, test } from "bun:test";
import { testApp } from "../support/app";

test("what has waited too long for its turn is told to come again, and the next turn begins anew", async () => {
	let cost = 510; // milliseconds that the first of those takes that arrive together
	const served = () => {
		Bun.sleepSync(cost);
		cost = 0;
	};
	const { app } = testApp({ observers: [{ served }], corsOrigins: ["*"] });
	app.listen({ hostname: "127.0.0.1", port: 0 });
	try {
		const get = (path: string) =>
			fetch(new URL(path, String(app.server?.url)), { keepalive: false, headers: { origin: "https://a.example" } });
		const together = await Promise.all(["/posts/", "/posts/", "/posts/", "/livez"].map(get));
		expect(together.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503]);
		const refused = together.find(({ status }) => status === 503);
		expect(refused?.headers.get("retry-after")).toBe("2");
		expect(refused?.headers.get("access-control-allow-origin")).toBe("*");
		expect(await refused?.json()).toMatchObject({ code: "busy" });
		expect(together[3]?.status).toBe(200); // whoever looks after the server is never refused
		expect((await get("/posts/")).status).toBe(200);
	} finally {
		await app.stop(true);
	}
});
