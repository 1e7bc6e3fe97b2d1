import { cpSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { password } from "./app";
import { newTemporary } from "./backup";
import type { Asked, Counted } from "./faults";
import { form, picture } from "./pictures";
import { type Exit, type Program, program } from "./server";

/** Runs the program from source so that its file operations can fail. */
const faultyCommand = [
	process.execPath,
	"--preload",
	join(import.meta.dir, "faults.ts"),
	join(import.meta.dir, "../../src/main.ts"),
];
const env = {
	RATE_LIMIT: "off",
	ADMIN_USERNAME: "keeper",
	ADMIN_EMAIL: "keeper@example.com",
	ADMIN_PASSWORD: password,
};
export const codes = ["EIO", "ENOSPC", "EMFILE"];

type Json = Record<string, unknown>;
export type Post = { id: string; image: { url: string } };
type Answer = Pick<Response, "status" | "json"> & { headers: Pick<Headers, "get"> };

/** Answers that a failed file operation may turn into, each as a problem. */
const excuses = new Map([
	[500, "internal"],
	[503, "busy"],
	[507, "storage_full"],
]);

/** The errors that a program told, on standard error or in its log. */
export const complaints = ({ stdout, stderr }: Exit) =>
	[stderr, ...stdout.split("\n").filter((line) => line.includes('"level":"error"'))].join("\n").trim();

/** A server, and its administrator. Throws Error where an answer is neither right nor has an excuse. */
export async function faultyServer(directory = newTemporary(), command = faultyCommand, settings = {}) {
	let counted = Promise.withResolvers<Counted>();
	const server = program({ ...env, ...settings }, directory, command, (message) => counted.resolve(message as Counted));
	const address = await server.address();
	let token = "";
	const send = (method: string, path: string, body?: FormData | Json) =>
		fetch(address + path, {
			method,
			headers: {
				...(body && !(body instanceof FormData) && { "content-type": "application/json" }),
				...(token && { authorization: `Bearer ${token}` }),
			},
			body: body instanceof FormData ? body : body && JSON.stringify(body),
		});
	const signedIn = await send("POST", "/auth/login", { username: "keeper", password });
	token = ((await signedIn.json()) as { access_token: string }).access_token;

	const ask = async (asked: Asked): Promise<number> => {
		counted = Promise.withResolvers();
		server.child.send(asked);
		return (await Promise.race([counted.promise, server.child.exited.then(() => ({ count: 0 }))])).count;
	};
	const image = await picture();
	const post = () => send("POST", "/posts/", form({ content: "A cat", image }));

	return {
		server,
		send,
		post,
		/** Has the operation of this number fail. */
		arm: (at: number, code: string) => ask({ at, code }),
		/** Gives how many there were since then. */
		disarm: () => ask({ at: 0, code: "" }),

		/** Does everything that touches files. `made` are the posts that were acknowledged and not deleted. */
		async useAll(made: Set<string>) {
			const posted = await post();
			if (await isRight("upload", posted.clone(), 201)) {
				const { id, image } = (await posted.json()) as Post;
				made.add(id);
				await isRight("picture", await send("GET", image.url), 200);
			}
			await isRight("avatar", await send("PATCH", "/users/me", form({ avatar: image })), 200);
			const [old] = made;
			if (old !== undefined) {
				made.delete(old); // whatever the answer is, it may be gone
				await isRight("deletion", await send("DELETE", `/posts/${old}`), 204);
			}
			const taken = await send("GET", "/users/me/export");
			if (await isRight("export", taken.clone(), 200)) await taken.bytes().catch(() => {}); // it may break off
			await ask({ at: 0, code: "", isHour: true });
			await isRight("readiness", await send("GET", "/readyz"), 200);
		},

		/** Makes a backup, or tries. */
		async backUp() {
			if (!(await isRight("backup", await send("POST", "/admin/backups"), 202))) return;
			for (;;) {
				const list = await send("GET", "/admin/backups");
				if (!(await isRight("backups", list.clone(), 200))) continue;
				const { items } = (await list.json()) as { items: { state: string }[] };
				if (items.every(({ state }) => state !== "running")) return;
				await Bun.sleep(100); // each look reads the folder
			}
		},
	};
}

async function isRight(what: string, response: Answer, right: number): Promise<boolean> {
	const { status, headers } = response;
	if (status === right) return true;
	const problem = (await response.json()) as Json;
	const isExcused =
		headers.get("content-type") === "application/problem+json" &&
		headers.get("x-request-id") === problem.instance &&
		problem.status === status &&
		problem.code === excuses.get(status);
	if (!isExcused) throw new Error(`${what}: ${status} ${JSON.stringify(problem)}`);
	return false;
}

/** The files that a process has open in its data directory. Known on Linux; elsewhere none. */
export function openFiles({ child }: Program): string[] {
	if (process.platform !== "linux") return [];
	const directory = `/proc/${child.pid}/fd`;
	const pathOf = (fd: string) => {
		try {
			return readlinkSync(join(directory, fd));
		} catch {
			return ""; // closed meanwhile
		}
	};
	return readdirSync(directory)
		.map(pathOf)
		.filter((path) => path.includes("/data/"));
}

/**
 * Starts a server on a copy of `data` and stops it, while the operation number `at` fails. Gives null when all was well or
 * ended with a sentence and exit code 1, else what was wrong; and how many operations there were.
 */
export async function startAndStop(data: string, at: number, code: string) {
	const directory = newTemporary();
	cpSync(data, join(directory, "data"), { recursive: true });
	const counted = Promise.withResolvers<Counted>();
	const settings = { ...env, FAULT_AT: String(at), FAULT_CODE: code };
	const server = program(settings, directory, faultyCommand, (message) => counted.resolve(message as Counted));
	const address = await server.address().catch(() => null);
	const status = address === null ? null : (await fetch(`${address}/readyz`)).status;
	if (address !== null) server.child.send({ at, code, isHour: true }); // only to hear of the count
	const { count } = address === null ? { count: 0 } : await counted.promise;
	const end = await server.stop();
	rmSync(directory, { recursive: true });
	const said = complaints(end);
	const isWell = address === null ? end.code === 1 && said !== "" : end.code === 0 || (end.code === 1 && said !== "");
	const isReady = status === null || status === 200 || status === 503;
	return { count, wrong: isWell && isReady ? null : `status ${status}, code ${end.code}: ${said || "not a word"}` };
}
