import {
	closeSync,
	constants,
	existsSync,
	fstatSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { type Config, effectiveOptions, mask } from "../config/config";
import type { Log } from "../core/log";
import type { Terminal } from "../core/terminal";
import { type Finding, severities, withMend } from "../instance/doctor/finding";

/** Interval at which the server writes changed findings. */
const refreshMs = 60_000;
/** A real file has about 3,000 bytes. */
const maxFileBytes = 256 * 1024;

const ServerFile = Type.Object({
	pid: Type.Integer({ minimum: 1 }),
	address: Type.String({ pattern: "^http://" }),
	options: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()])),
	findings: Type.Array(
		Type.Object({
			check: Type.String(),
			severity: Type.Union(severities.map((severity) => Type.Literal(severity))),
			message: Type.String(),
			// The old name of `remedy`. Servers of the last release write only this one.
			mend: Type.Union([Type.String(), Type.Null()]),
			fixable: Type.Boolean(),
		}),
	),
});
/** Tells commands the address of the server, its options without secrets, and its own findings. */
export type ServerFile = Static<typeof ServerFile>;
export type RunningServer = Omit<ServerFile, "findings"> & { findings: Finding[] };

const fileIn = (dataDir: string) => join(dataDir, "server.json");

type WriteOptions = {
	config: Pick<Config, "dataDir">;
	env: Terminal["env"];
	address: string;
	/** Returns findings that only the running server knows. */
	liveFindings: () => Promise<Finding[]>;
	isReadOnly: () => boolean;
	log: Pick<Log, "warn">;
};

/**
 * Writes DATA_DIR/server.json with mode 0600, and keeps it up to date. Returns a function that deletes it.
 * When the file cannot be written, for example on a full disk, the server goes on without it.
 */
export async function writeServerFile({
	config,
	env,
	address,
	liveFindings,
	isReadOnly,
	log,
}: WriteOptions): Promise<() => void> {
	const path = fileIn(config.dataDir);
	const temporaryPath = `${path}.part`;
	const options = publicOptions(env);
	const remove = () => {
		for (const file of [temporaryPath, path]) rmSync(file, { force: true });
	};
	let written = "";
	let isFailing = false;
	const write = async () => {
		try {
			if (written !== "" && isReadOnly()) return;
			const text = JSON.stringify({
				pid: process.pid,
				address,
				options,
				findings: (await liveFindings()).map(withMend),
			} satisfies ServerFile);
			if (text === written) return;
			writeFileSync(temporaryPath, text, { mode: 0o600 });
			renameSync(temporaryPath, path);
			written = text;
			isFailing = false;
		} catch (error) {
			try {
				remove(); // a killed server may have left a file with another address
			} catch {}
			if (!isFailing)
				log.warn({ err: error }, `${path} cannot be written, so commands do not know the options of this server`);
			isFailing = true;
		}
	};
	await write();
	const timer = setInterval(write, refreshMs);
	timer.unref();
	return () => {
		clearInterval(timer);
		remove();
	};
}

/**
 * Returns the running server of a data directory, or null. A killed server may leave its file, hence the check of the pid.
 * A file of another user gives only its owner: its paths could lead `doctor --fix` anywhere.
 */
export function runningServer(dataDir: string): RunningServer | { owner: number } | null {
	const path = fileIn(dataDir);
	if (!existsSync(path)) return null;
	let file: number | undefined;
	try {
		file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
		const stats = fstatSync(file);
		if (!stats.isFile() || stats.size > maxFileBytes) return null;
		const userId = process.geteuid?.();
		if (userId !== undefined && stats.uid !== userId) return { owner: stats.uid };
		const running: unknown = JSON.parse(readFileSync(file, "utf8"));
		if (!Value.Check(ServerFile, running) || !isAlive(running.pid)) return null;
		return { ...running, findings: running.findings.map((finding) => ({ ...finding, remedy: finding.mend })) };
	} catch {
		return null;
	} finally {
		if (file !== undefined) closeSync(file);
	}
}

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

const adminOption = /^ADMIN_/;
const pathOptions = ["DATA_DIR", "DATABASE_PATH", "UPLOAD_DIR"];

/** Returns the effective options by name. Secrets are masked, and paths are absolute. */
const publicOptions = (env: Terminal["env"]): ServerFile["options"] =>
	Object.fromEntries(
		effectiveOptions(env)
			.filter(({ name }) => !adminOption.test(name))
			.map(({ name, value }) => [name, pathOptions.includes(name) ? resolve(String(value)) : value]),
	);

type AdoptedOptions = {
	env: Terminal["env"];
	/** Names of the options for which the server has another value. */
	different: string[];
	/** True when only the environment of the server has SECRET_KEY. */
	hasOtherKey: boolean;
};

/** Returns an environment with the options of the server. Secrets stay those of the command. */
export function withServerOptions(ownEnv: Terminal["env"], { options }: RunningServer): AdoptedOptions {
	const ownOptions = publicOptions(ownEnv);
	const names = Object.keys(options).filter((name) => name in ownOptions);
	const env: Terminal["env"] = { ...ownEnv };
	for (const name of names) {
		const value = options[name];
		if (value === mask) continue;
		delete env[name];
		delete env[`${name}_FILE`];
		if (value !== null && value !== undefined) env[name] = String(value);
	}
	const different = names.filter((name) => options[name] !== ownOptions[name]);
	return { env, different, hasOtherKey: options.SECRET_KEY === mask && ownOptions.SECRET_KEY !== mask };
}
