/** What the thread is asked for, and what it answers: see checkpoint.worker.ts. */
export type CheckpointMode = "PASSIVE" | "RESTART" | "TRUNCATE";
export type CheckpointRequest = { path: string; mode: CheckpointMode } | "end";
export type CheckpointReply = { done: boolean } | { code: string };

/**
 * A thread that copies the log of a database into it. It exists from the first checkpoint on (5 MB; most that are started
 * never write that much) and keeps the process alive only while it has work.
 */
export function checkpointClient(path: string) {
	let worker: Worker | null = null;
	let last: Promise<unknown> = Promise.resolve();

	async function ask(request: CheckpointRequest): Promise<boolean> {
		worker ??= new Worker(new URL("./checkpoint.worker.ts", import.meta.url), { smol: true });
		const thread = worker;
		const ended = new AbortController();
		thread.ref();
		try {
			return await new Promise<boolean>((resolve, reject) => {
				thread.onmessage = ({ data }: MessageEvent<CheckpointReply>) =>
					"code" in data ? reject(Object.assign(new Error("A checkpoint failed."), data)) : resolve(data.done);
				// A thread that ended answers nothing: the next checkpoint starts another one.
				const end = (settle: () => void) => {
					worker = null;
					settle();
				};
				thread.onerror = ({ message }) => end(() => reject(new Error(message)));
				thread.addEventListener("close", () => end(() => resolve(false)), { signal: ended.signal });
				thread.postMessage(request);
			});
		} finally {
			ended.abort(); // or each checkpoint would leave a listener
			thread.unref();
		}
	}

	return {
		/** One after the other. False when somebody else was in the way; throws with SQLite's code when the disk failed. */
		checkpoint(mode: CheckpointMode): Promise<boolean> {
			const done = last.catch(() => {}).then(() => ask({ path, mode }));
			last = done;
			return done;
		},
		async end() {
			await last.catch(() => {});
			if (worker) await ask("end");
		},
	};
}
