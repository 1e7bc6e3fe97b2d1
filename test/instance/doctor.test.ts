import { expect, test } from "bun:test";
import { join } from "node:path";
import { doctorInChildProcess, type Report } from "../../src/instance/doctor/service";
import { password, testApp } from "../support/app";
import { program } from "../support/server";
import { withoutEnvFile } from "../support/terminal";

const report: Report = {
	status: "warning",
	checkedAt: new Date("2026-01-02T03:04:05.678Z"),
	findings: [{ check: "backups", severity: "warning", message: "There is none.", remedy: "Make one.", fixable: false }],
};

test("administrators read what the doctor found, and nobody else", async () => {
	const { anonymous, as, asAdmin } = testApp({ doctor: async () => report });
	const [ada, root] = [await as("ada"), await asAdmin("root")];
	expect((await anonymous.get("/admin/doctor")).status).toBe(401);
	expect((await ada.get("/admin/doctor")).status).toBe(403);
	const { status, body } = await root.get("/admin/doctor");
	expect(status).toBe(200);
	expect(body).toEqual({
		status: "warning",
		checked_at: "2026-01-02T03:04:05.678Z",
		findings: report.findings.map((finding) => ({ ...finding, mend: finding.remedy })),
	});
});

test("who asks while it looks gets the same answer, and a doctor that breaks is told of", async () => {
	const failures: unknown[] = [];
	const script = (text: string) => [process.execPath, "-e", `process.stdout.write(${JSON.stringify(text)})`];
	const options = {
		env: withoutEnvFile,
		liveFindings: async () => [],
		failed: (error: unknown) => failures.push(error),
	};
	const told = JSON.stringify({ status: "ok", checked_at: new Date(), findings: [] });
	const look = doctorInChildProcess({ ...options, command: script(told) });
	const [one, two] = await Promise.all([look(), look()]);
	expect(one).toBe(two);
	expect(one.status).toBe("ok");
	expect(doctorInChildProcess({ ...options, command: script("no JSON") })()).rejects.toThrow("The doctor failed");
	await Bun.sleep(0);
});

test("a server looks at itself while it serves, and tells of a proxy that nobody trusts", async () => {
	const admin = { ADMIN_USERNAME: "root", ADMIN_EMAIL: "root@example.com", ADMIN_PASSWORD: password };
	const server = program(admin, undefined, [process.execPath, join(import.meta.dir, "../../src/main.ts")]);
	const address = await server.address();
	const signIn = await fetch(`${address}/auth/login`, {
		method: "POST",
		headers: { "content-type": "application/json", "x-forwarded-for": "203.0.113.7" },
		body: JSON.stringify({ username: "root", password }),
	});
	const { access_token } = (await signIn.json()) as { access_token: string };
	const headers = { authorization: `Bearer ${access_token}` };
	const { status, findings } = (await (await fetch(`${address}/admin/doctor`, { headers })).json()) as Report;
	expect(status).toBe("warning");
	const of = (check: string) => findings.filter((finding) => finding.check === check);
	expect(of("proxy")).toMatchObject([
		{ severity: "warning", remedy: "If 127.0.0.1 is your reverse proxy, set TRUSTED_PROXIES=127.0.0.1" },
	]);
	expect(of("integrity")).toMatchObject([{ severity: "ok", message: expect.stringContaining("A server has it open") }]);
	expect(of("backups")).toMatchObject([{ severity: "warning" }]);
	await server.stop();
	server.remove();
}, 60_000);
