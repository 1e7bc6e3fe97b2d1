/** Messages to and from the thread of checkpoint.worker.ts. */
export type CheckpointMode = "PASSIVE" | "RESTART" | "TRUNCATE";
export type CheckpointRequest = { path: string; mode: CheckpointMode } | "end";
export type CheckpointReply = { done: boolean } | { code: string };

/**
 * Runs checkpoints in a worker thread. The first checkpoint starts the thread, because it takes 5 MB and most processes never
 * need it. The thread keeps the process alive only while it works.
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
				// A thread that ended sends no reply. The next checkpoint starts another thread.
				const end = (settle: () => void) => {
					worker = null;
					settle();
				};
				thread.onerror = ({ message }) => end(() => reject(new Error(message)));
				thread.addEventListener("close", () => end(() => resolve(false)), { signal: ended.signal });
				thread.postMessage(request);
			});
		} finally {
			ended.abort(); // otherwise each checkpoint leaves a listener behind
			thread.unref();
		}
	}

	return {
		/** Runs one checkpoint at a time. False when another connection blocked it. Throws with SQLite's `code` when the disk failed. */
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
