import type { UserStore } from "../accounts/users/store";
import type { Caller } from "../core/caller";
import { AppError } from "../core/errors";
import { limiter } from "../core/limiter";
import type { FileStore } from "../media/files";
import { archive } from "./archive";
import type { TakeoutStore } from "./store";
import { zip } from "./zip";

/** Takeouts that run at once. Each holds a picture and the growing directory of its ZIP in memory. */
const maxAtOnce = 8;
/** Longest duration of a takeout: enough for 500 MB at 1.2 Mbit/s. Slower clients would block others. */
const deadlineMs = 60 * 60_000;
/** Least size of a chunk, except of the last. */
const minChunkBytes = 64 * 1024;

export type ExportDependencies = {
	stores: { takeouts: TakeoutStore; users: UserStore };
	files: FileStore;
	now: () => Date;
	/** Receives errors after the response has begun. */
	failed: (error: unknown) => void;
};

/** Makes an archive of everything that one person has on the server. */
export function exportService({ stores: { takeouts, users }, files, now, failed }: ExportDependencies) {
	const places = limiter({ running: maxAtOnce, waiting: 0 });
	const running = new Set<string>();

	/** Returns a function that the caller calls at the end. Throws `busy`. */
	const begin = async ({ id }: Caller): Promise<() => void> => {
		if (running.has(id)) throw new AppError("busy", "Your last export still runs. Wait until it ends.");
		running.add(id);
		const leave = await places.acquire().catch((error) => {
			running.delete(id);
			throw error;
		});
		return () => {
			running.delete(id);
			leave();
		};
	};

	return {
		/** File name of an archive. */
		nameOf: ({ username }: Caller) => `minifeed-${username}-${now().toISOString().slice(0, 10)}.zip`,

		/**
		 * Streams the archive as fast as the client reads it. It ends when the client has read it, cancels it, or aborts
		 * `signal`. Throws `busy`, and `unauthenticated` when the account no longer exists.
		 */
		async open(user: Caller, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
			const account = await users.accountById(user.id);
			if (!account) throw new AppError("unauthenticated", "This account no longer exists.");
			const end = await begin(user);
			const pieces = gathered(zip(archive(account, now(), { takeouts, files, failed })));
			return streamOf(pieces, { signal, end, failed });
		},
	};
}

/** Joins small pieces, because each costs a turn of the event loop and a chunk header. */
async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	let waiting: Uint8Array[] = [];
	let size = 0;
	for await (const piece of pieces) {
		waiting.push(piece);
		size += piece.length;
		if (size < minChunkBytes) continue;
		yield Buffer.concat(waiting);
		waiting = [];
		size = 0;
	}
	if (size > 0) yield Buffer.concat(waiting);
}

type StreamOptions = { signal: AbortSignal; end: () => void; failed: (error: unknown) => void };

/** Calls `end` once, however the stream ends. */
function streamOf(pieces: AsyncGenerator<Uint8Array>, { signal, end, failed }: StreamOptions) {
	let isOver = false;
	let controller: ReadableStreamDefaultController<Uint8Array>;
	const finish = () => {
		if (isOver) return;
		isOver = true;
		clearTimeout(timer);
		signal.removeEventListener("abort", abandon);
		end();
		pieces.return(undefined).catch(failed);
	};
	const abandon = () => {
		if (!isOver) controller.error(new Error("The client did not read the takeout in time."));
		finish();
	};
	const timer = setTimeout(abandon, deadlineMs);
	timer.unref();
	signal.addEventListener("abort", abandon);

	const noReadAhead = { highWaterMark: 0 }; // makes nothing before the client reads
	return new ReadableStream<Uint8Array>(
		{
			start(given) {
				controller = given;
				if (signal.aborted) abandon();
			},
			async pull() {
				await new Promise(setImmediate); // other requests run in between
				try {
					const { value, done } = await pieces.next();
					if (isOver) return;
					if (!done) return controller.enqueue(value);
					finish();
					controller.close();
				} catch (error) {
					if (isOver) return;
					finish();
					failed(error);
					controller.error(error);
				}
			},
			cancel: finish,
		},
		noReadAhead,
	);
}
