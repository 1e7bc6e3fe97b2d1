import { afterAll, expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OperatorError } from "../../src/core/errors";
import { backupService } from "../../src/instance/backup/service";
import { testApp } from "../support/app";
import { newTemporary } from "../support/backup";

const temporary = newTemporary();
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let folders = 0;

/** An app whose backups are made when the test says so. */
function appWithBackups(isRunning = () => false) {
	const folder = join(temporary, String(folders++), "backups");
	mkdirSync(folder, { recursive: true });
	let pending = Promise.withResolvers<string>();
	const results: string[] = [];
	const backups = backupService({
		folder,
		isRunning,
		now: () => new Date("2026-11-23T04:05:06.789Z"),
		make: async (name) => writeFileSync(join(folder, name), await pending.promise),
		done: ({ state }) => results.push(state),
	});
	const app = testApp({ backups });
	return {
		app,
		folder,
		results,
		async end(outcome: string | Error) {
			if (outcome instanceof Error) pending.reject(outcome);
			else pending.resolve(outcome);
			await backups.ended();
			pending = Promise.withResolvers();
		},
	};
}
const name = "minifeed-2026-11-23T04-05-06Z.tar.zst";

test("an administrator has a backup made, sees when it is done, and fetches it", async () => {
	const { app, end, results } = appWithBackups();
	const root = await app.asAdmin("moderator_1");
	const begun = await root.post("/admin/backups");
	const running = { name, state: "running", created_at: "2026-11-23T04:05:06.000Z", bytes: null, error: null };
	expect([begun.status, begun.body]).toEqual([202, running]);
	expect((await root.get("/admin/backups")).body).toEqual({ items: [running] });
	expect((await root.get(`/admin/backups/${name}`)).status).toBe(404);
	expect((await root.post("/admin/backups")).body).toMatchObject({ code: "conflict" });
	await end("the archive");
	expect((await root.get("/admin/backups")).body).toEqual({ items: [{ ...running, state: "done", bytes: 11 }] });
	const fetched = await root.get(`/admin/backups/${name}`);
	expect([fetched.status, fetched.body, results]).toEqual([200, "the archive", ["done"]]);
	expect(fetched.headers.get("content-disposition")).toBe(`attachment; filename="${name}"`);
	expect(fetched.headers.get("cache-control")).toBe("no-store");
	const { items } = (await root.get("/admin/audit?user=moderator_1")).body;
	expect(items.slice(0, 2).map(({ action }: { action: string }) => action)).toEqual([
		"backup_fetched",
		"backup_created",
	]);
});

test("one that failed says why until the next begins, and what broke tells nothing of the inside", async () => {
	const { app, end, results } = appWithBackups();
	const root = await app.asAdmin("moderator_1");
	for (const [error, told] of [
		[new OperatorError("The disk is full."), "The disk is full."],
		[new Error("at /secret/path"), "An unexpected error. See the log of the server."],
	] as const) {
		await root.post("/admin/backups");
		await end(error);
		expect((await root.get("/admin/backups")).body.items).toMatchObject([{ state: "failed", error: told }]);
	}
	await root.post("/admin/backups");
	await end("x");
	expect((await root.get("/admin/backups")).body.items).toMatchObject([{ state: "done" }]);
	expect(results).toEqual(["failed", "failed", "done"]);
});

test("while one runs beside the server, no other begins; in memory there is nothing to back up", async () => {
	const beside = await appWithBackups(() => true).app.asAdmin("moderator_1");
	expect((await beside.post("/admin/backups")).status).toBe(409);
	const inMemory = await testApp().asAdmin("moderator_1");
	expect((await inMemory.post("/admin/backups")).body.detail).toContain("in memory");
	expect((await inMemory.get("/admin/backups")).body).toEqual({ items: [] });
});

test("backups are for administrators with a session", async () => {
	const { app, end } = appWithBackups();
	const root = await app.asAdmin("moderator_1");
	const ada = await app.as("ada");
	await root.post("/admin/backups");
	await end("x");
	const { token } = (await root.post("/auth/tokens", { name: "cron", scopes: ["write"] })).body;
	const script = app.withToken(token);
	expect((await script.post("/admin/backups")).status).toBe(403);
	expect((await script.get("/admin/backups")).status).toBe(403);
	expect((await script.get(`/admin/backups/${name}`)).status).toBe(403);
	for (const path of ["/admin/backups", `/admin/backups/${name}`]) expect((await ada.get(path)).status).toBe(403);
	expect((await ada.post("/admin/backups")).status).toBe(403);
});

test("no other file can be fetched with it", async () => {
	const { app, folder } = appWithBackups();
	const root = await app.asAdmin("moderator_1");
	writeFileSync(join(folder, ".made"), name);
	writeFileSync(join(folder, "../secret.key"), "secret");
	mkdirSync(join(folder, name));
	for (const hostile of [
		"..%2Fsecret.key",
		"..%2f..%2fetc%2fpasswd",
		".made",
		"%2e%2e",
		"secret.key%00.tar.zst",
		name,
		`${name}%2f..%2f.made`,
	])
		expect([hostile, (await root.get(`/admin/backups/${hostile}`)).status]).toEqual([hostile, 404]);
});
