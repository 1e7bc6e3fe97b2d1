import type { UserStore } from "../accounts/users/store";
import type { Caller } from "../core/caller";
import { AppError } from "../core/errors";
import { gate } from "../core/limiter";
import type { FileStore } from "../media/files";
import { archive } from "./archive";
import type { ExportStore } from "./store";
import { zip } from "./zip";

/** How many are on their way at once, of all people: each holds a picture and what its directory has grown to. */
const mostAtOnce = 8;
/** How long one may take, in milliseconds: 500 MB over a line of 1.2 Mbit/s. A reader who is slower holds up the others. */
const deadline = 60 * 60_000;
/** Bytes that go out at once, where there are so many. */
const pieceSize = 64 * 1024;

export type ExportDependencies = {
	stores: { exports: ExportStore; users: UserStore };
	files: FileStore;
	now: () => Date;
	/** Told of what breaks when the answer has begun. */
	failed: (error: unknown) => void;
};

export type ExportService = ReturnType<typeof exportService>;

/** All that somebody made and is, as one archive for them to keep. */
export function exportService({ stores: { exports, users }, files, now, failed }: ExportDependencies) {
	const places = gate({ running: mostAtOnce, waiting: 0 });
	const running = new Set<string>();

	/** Gives what to call when it is over. */
	const begin = async ({ id }: Caller): Promise<() => void> => {
		if (running.has(id)) throw new AppError("busy", "Your last export is still on its way. One at a time.");
		running.add(id);
		const leave = await places.place().catch((error) => {
			running.delete(id);
			throw error;
		});
		return () => {
			running.delete(id);
			leave();
		};
	};

	return {
		/** What the archive of a user is called. */
		nameOf: ({ username }: Caller) => `minifeed-${username}-${now().toISOString().slice(0, 10)}.zip`,

		/**
		 * The archive, which is made no faster than it is read. It ends when it has been read, is cancelled, or when `signal`
		 * says that nobody will. Throws `busy`.
		 */
		async open(user: Caller, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
			const account = await users.accountById(user.id);
			if (!account) throw new AppError("unauthenticated", "This account no longer exists.");
			const end = await begin(user);
			const pieces = gathered(zip(archive(account, now(), { exports, files, failed })));
			return streamOf(pieces, { signal, end, failed });
		},
	};
}

/** Makes few pieces of many: each costs a turn of the event loop and a line on the wire. */
async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	let waiting: Uint8Array[] = [];
	let size = 0;
	for await (const piece of pieces) {
		waiting.push(piece);
		size += piece.length;
		if (size < pieceSize) continue;
		yield Buffer.concat(waiting);
		waiting = [];
		size = 0;
	}
	if (size > 0) yield Buffer.concat(waiting);
}

type StreamOptions = { signal: AbortSignal; end: () => void; failed: (error: unknown) => void };

/** `end` is called once, whichever way it ends. */
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
		if (!isOver) controller.error(new Error("It was not read to its end in time."));
		finish();
	};
	const timer = setTimeout(abandon, deadline);
	timer.unref();
	signal.addEventListener("abort", abandon);

	const nothingAhead = { highWaterMark: 0 }; // nothing is made before somebody wants it
	return new ReadableStream<Uint8Array>(
		{
			start(given) {
				controller = given;
				if (signal.aborted) abandon();
			},
			async pull() {
				await new Promise(setImmediate); // whoever else waits has a turn
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
		nothingAhead,
	);
}
