import { expect, test } from "bun:test";
import { type FileStore, fullFile, imageOf } from "../../src/media/files";
import { memoryFiles } from "../../src/media/memory";
import { mediaService } from "../../src/media/service";
import { memoryStores } from "../support/app";
import { picture } from "../support/pictures";

const limits = { maxUploadBytes: 10 * 1024 ** 2, userQuotaBytes: 500 * 1024 ** 2, minFreeBytes: 0 };
const nameOf = (number: number) => number.toString(16).padStart(64, "0");
const turn = () => new Promise(setImmediate);

type Options = { pending?: number; remove?: (name: string) => "held" | Error | undefined };

/** A media service over rows and files that count; `pending` names are removed, and nothing has deleted their files yet. */
function counted({ pending = 0, remove = () => undefined }: Options = {}) {
	const removed = new Set(Array.from({ length: pending }, (_, i) => nameOf(i)));
	const rows = new Set<string>();
	const asked = { limits: [] as number[], tries: [] as string[], touched: new Set<string>() };
	const failures: unknown[] = [];
	const memory = memoryFiles();
	const files: FileStore = {
		...memory,
		put(given) {
			for (const file of Object.keys(given)) asked.touched.add(imageOf(file) as string);
			return memory.put(given);
		},
		async remove(names, options) {
			const name = imageOf(names[0] as string) as string;
			asked.tries.push(name);
			asked.touched.add(name);
			await turn(); // as a disk takes its time
			const answer = remove(name);
			if (answer instanceof Error) throw answer;
			return answer ?? memory.remove(names, options);
		},
	};
	const images = {
		...memoryStores().images,
		isKept: async (name: string) => rows.has(name),
		async removed({ after, limit }: { after: string; limit: number }) {
			asked.limits.push(limit);
			return [...removed]
				.filter((name) => name > after)
				.sort()
				.slice(0, limit);
		},
		async forget(name: string, { onlyIfKept }: { onlyIfKept: boolean }) {
			if (onlyIfKept && !rows.has(name)) return false;
			return removed.delete(name);
		},
	};
	const media = mediaService({
		images,
		files,
		limits,
		now: () => new Date(),
		failed: (error) => failures.push(error),
	});
	return { media, images, files, memory, rows, removed, failures, ...asked };
}

const post = { kind: "post", isPublic: true } as const;

test("an upload waits for the files of its own picture only, with 5,000 names pending", async () => {
	const { media, rows, touched, removed } = counted({ pending: 5_000 });
	let own = "";
	await media.keep(await picture(), post, async (image) => {
		media.collectSoon(); // the pictures of an account that was deleted
		own = image?.name ?? "";
		rows.add(own);
		return null;
	});
	// The collector may have taken a turn of its own, and no more.
	expect([...touched].filter((name) => name !== own).length).toBeLessThan(10);
	expect(removed.size).toBeGreaterThan(4_000);
	await media.end();
});

test("a replacing upload waits for the old picture only, and starts the collector", async () => {
	const { media, rows, removed, tries } = counted({ pending: 5_000 });
	const old = "f".repeat(64);
	await media.keep(await picture(), post, async (image) => {
		rows.add(image?.name ?? "");
		return null;
	});
	expect([tries, removed.size]).toEqual([[], 5_000]);
	await media.keep(await picture({ at: () => [0, 0, 200] }), post, async (image) => {
		rows.add(image?.name ?? "");
		removed.add(old);
		return old;
	});
	expect([tries[0], removed.has(old)]).toEqual([old, false]);
	expect(tries.length).toBeLessThan(10); // the rest follows in the background
	await media.collect();
	expect(removed.size).toBe(0);
});

test("the collector deletes each name once, in batches, and yields between", async () => {
	const { media, removed, tries, limits } = counted({ pending: 1_000 });
	let [turns, isDone] = [0, false];
	const counting = (async () => {
		for (; !isDone; turns++) await turn();
	})();
	const all = [media.collect(), media.collect(), media.collect()];
	media.collectSoon();
	await Promise.all(all);
	isDone = true;
	await counting;

	expect([removed.size, tries.length, new Set(tries).size]).toEqual([0, 1_000, 1_000]);
	expect(Math.max(...limits)).toBeLessThanOrEqual(100);
	expect(turns).toBeGreaterThanOrEqual(1_000);
});

test("the collector yields between batches even when deleting takes no time", async () => {
	const { media, images, memory, removed } = counted();
	for (let i = 0; i < 1_000; i++) removed.add(nameOf(i));
	const fast = mediaService({ images, files: memory, limits, now: () => new Date(), failed() {} });
	let [turns, isDone] = [0, false];
	const counting = (async () => {
		for (; !isDone; turns++) await turn();
	})();
	await fast.collect();
	isDone = true;
	await counting;
	expect(removed.size).toBe(0);
	expect(turns).toBeGreaterThanOrEqual(10);
	await media.end();
});

test("while a backup holds all files, each pass tries one name; all go after the backup", async () => {
	let isHeld = true;
	const { media, removed, tries, failures } = counted({ pending: 500, remove: () => (isHeld ? "held" : undefined) });
	await media.collect();
	for (let i = 0; i < 100; i++) await turn();
	expect([tries.length, removed.size]).toEqual([1, 500]);
	isHeld = false;
	while (removed.size > 0) await Bun.sleep(20);
	expect([tries.length, failures]).toEqual([501, []]);
});

test("a name that fails does not block the others, and is retried", async () => {
	const stuck = nameOf(3);
	let isStuck = true;
	const remove = (name: string) => (isStuck && name === stuck ? new Error("The cable came out.") : undefined);
	const { media, removed, tries, failures } = counted({ pending: 200, remove });
	await media.collect();
	expect([[...removed], failures.length]).toEqual([[stuck], 1]);
	for (let i = 0; i < 5; i++) {
		removed.add(nameOf(1_000 + i));
		await media.release(nameOf(1_000 + i)); // each begins a pass
	}
	for (let i = 0; i < 100; i++) await turn();
	expect([[...removed], failures.length, tries.filter((name) => name === stuck).length]).toEqual([[stuck], 1, 1]);
	isStuck = false;
	while (removed.size > 0) await Bun.sleep(20);
	expect(failures).toHaveLength(1);
});

test("a row that is deleted while its name is being forgotten takes its files along", async () => {
	const { media, images, rows, removed, memory } = counted({ pending: 1 });
	const name = nameOf(0);
	await memory.put({ [fullFile(name)]: new Uint8Array(1) });
	rows.add(name);
	const forget = images.forget;
	images.forget = async (...given) => {
		rows.delete(name); // the name is listed already, so the trigger adds nothing
		return forget(...given);
	};
	await media.collect();
	expect([removed.size, (await Array.fromAsync(memory.list())).length]).toEqual([0, 0]);
});

test("after its end the collector touches nothing", async () => {
	const { media, removed, tries } = counted({ pending: 5_000 });
	media.collectSoon();
	while (tries.length < 3) await turn();
	await media.end();
	const [left, tried] = [removed.size, tries.length];
	expect(left).toBeGreaterThan(4_000);
	media.collectSoon();
	for (let i = 0; i < 50; i++) await turn();
	expect([removed.size, tries.length]).toEqual([left, tried]);
});
