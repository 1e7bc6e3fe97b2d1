import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discard } from "../../src/media/collector";
import { diskFiles } from "../../src/media/disk";
import { type FileStore, filesOf, fullFile, imageOf, nameOf, type Removal } from "../../src/media/files";
import { memoryFiles } from "../../src/media/memory";
import { render } from "../../src/media/picture";
import { mediaService } from "../../src/media/service";
import { sweep } from "../../src/media/sweep";
import { memoryStores } from "../support/app";
import { picture } from "../support/pictures";

const temporary = mkdtempSync(join(tmpdir(), "minifeed-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));
let directories = 0;
const directory = () => join(temporary, String(directories++));

const source = await picture();
const rendered = await render(source, "post");
const name = nameOf(rendered, true);

/** Waits until this actor's turn comes. */
type Gate = () => Promise<void>;
type Actor = (gate: Gate) => Promise<unknown>;

/**
 * Runs actors in the given order, one step at a time. A step goes from one gate of an actor to the next. Actors that are not
 * done when the order is used up run to their ends, one after the other.
 */
async function drive(actors: Actor[], order: number[]) {
	const states = actors.map((run) => {
		const state = { isDone: false, go: () => {}, paused: Promise.resolve() };
		let tell = () => {};
		const pause = () => {
			state.paused = new Promise((resolve) => {
				tell = resolve;
			});
		};
		const gate = () =>
			new Promise<void>((resolve) => {
				state.go = () => {
					pause();
					resolve();
				};
				tell();
			});
		pause();
		const ended = run(gate).finally(() => {
			state.isDone = true;
			tell();
		});
		return { state, ended };
	});
	for (const { state } of states) await state.paused; // at their first gates
	for (const actor of [...order, ...actors.flatMap((_, i) => Array(30).fill(i))]) {
		const { state } = states[actor] as (typeof states)[number];
		if (state.isDone) continue;
		state.go();
		await state.paused;
	}
	await Promise.all(states.map(({ ended }) => ended));
}

/** All orders in which so many steps of each actor can come. */
function* ordersOf(steps: number[]): Generator<number[]> {
	if (steps.every((left) => left === 0)) return yield [];
	for (const [actor, left] of steps.entries())
		if (left > 0) for (const rest of ordersOf(steps.map((n, i) => (i === actor ? n - 1 : n)))) yield [actor, ...rest];
}

/** The same files as another process has them, which waits before each step that others can see. */
const gated = (files: FileStore, gate: Gate): FileStore => ({
	...files,
	async put(given) {
		await gate();
		await files.put(given);
	},
	async get(file) {
		if (file === fullFile(name)) await gate();
		return files.get(file);
	},
	async remove(names, { isNeeded } = {}) {
		await gate();
		return files.remove(names, {
			isNeeded: async () => {
				await gate();
				const needed = await isNeeded?.();
				await gate();
				return needed ?? false;
			},
		});
	},
});

type World = { files: FileStore; rows: Set<string> };
const images = ({ rows }: World) => ({ ...memoryImages, isKept: async (name: string) => rows.has(name) });
const memoryImages = memoryStores().images;
const limits = { maxUploadBytes: 1e9, userQuotaBytes: 1e9, minFreeBytes: 0 };

const upload =
	(world: World): Actor =>
	async (gate) => {
		const files = gated(world.files, gate);
		const media = mediaService({ images: images(world), files, limits, now: () => new Date(), failed() {} });
		await media.keep(source, { kind: "post", isPublic: true }, async (image) => {
			await gate();
			world.rows.add(image?.name ?? "");
			return null;
		});
	};
const deletion =
	(world: World, told: (removal: Removal) => void = () => {}): Actor =>
	async (gate) => {
		await gate();
		told(await discard({ images: images(world), files: gated(world.files, gate) }, name));
	};
/** The same without the first question, which only spares renames. */
const secondHalf =
	(world: World): Actor =>
	(gate) =>
		gated(world.files, gate).remove(filesOf(name), { isNeeded: async () => world.rows.has(name) });

const isWhole = async ({ files }: World) => {
	for (const file of filesOf(name)) if (!(await files.get(file))) return false;
	return true;
};

test.each([
	["on a disk", () => diskFiles({ directory: directory(), durable: false })],
	["in memory", memoryFiles],
])("an upload and a deletion of the same picture by two processes leave the picture whole, %s", async (_, open) => {
	const lost: number[][] = [];
	const outcomes = { removed: 0, needed: 0, held: 0 };
	for (const order of ordersOf([4, 4])) {
		const world: World = { files: open(), rows: new Set() };
		await world.files.put({ [fullFile(name)]: rendered.full }); // left by an earlier upload
		await drive([upload(world), deletion(world, (removal) => outcomes[removal]++)], order);
		if (!(await isWhole(world))) lost.push(order);
	}
	expect(lost).toEqual([]);
	expect(outcomes.removed + outcomes.needed).toBe(70);
	expect(outcomes.removed).toBeGreaterThan(10); // the upload put its files again
	expect(outcomes.needed).toBeGreaterThan(10); // the deletion put them back, or touched none
});

test("an upload and two deletions by three processes leave the picture whole", async () => {
	const lost: number[][] = [];
	for (const order of ordersOf([4, 3, 3])) {
		const world: World = { files: memoryFiles(), rows: new Set() };
		await drive([upload(world), secondHalf(world), secondHalf(world)], order);
		if (!(await isWhole(world))) lost.push(order);
	}
	expect(lost).toEqual([]);
}, 60_000);

test("a sweep puts back what a crash left aside, or deletes it when no row needs it", async () => {
	for (const isKept of [true, false]) {
		const folder = directory();
		const files = diskFiles({ directory: folder, durable: false });
		const world: World = { files, rows: new Set(isKept ? [name] : []) };
		await files.put(Object.fromEntries(filesOf(name).map((file) => [file, new Uint8Array(1)])));
		const crashed = files.remove(filesOf(name), { isNeeded: () => new Promise(() => {}) });
		while (readdirSync(folder).some((file) => imageOf(file))) await Bun.sleep(1);
		expect(readdirSync(folder).filter((file) => file.endsWith(".aside"))).toHaveLength(2);
		void crashed;

		const rows = { ...images(world), after: async () => [] };
		expect(await sweep({ images: rows, files }, { dryRun: true })).toMatchObject({ files: isKept ? 0 : 2 });
		expect(await sweep({ images: rows, files })).toMatchObject({ files: isKept ? 0 : 2 });
		expect(readdirSync(folder).sort()).toEqual(isKept ? filesOf(name).sort() : []);
	}
});

test("files stay when it cannot be asked whether they are needed", async () => {
	const folder = directory();
	const files = diskFiles({ directory: folder, durable: false });
	writeFileSync(join(folder, fullFile(name)), "x");
	const isNeeded = () => Promise.reject(new Error("The database is closed."));
	await expect(files.remove(filesOf(name), { isNeeded })).rejects.toThrow("closed");
	expect(readdirSync(folder)).toEqual([fullFile(name)]);
});

test("in one process, a sweep waits for the upload of the same picture", async () => {
	const files = memoryFiles();
	const world: World = { files, rows: new Set() };
	const media = mediaService({ images: images(world), files, limits, now: () => new Date(), failed() {} });
	const old = { name: fullFile(name), modifiedAt: new Date(0), isWhole: true };
	const removed: string[][] = [];
	const watched: FileStore = {
		...files,
		async *list() {
			yield old;
		},
		async remove(names, options) {
			removed.push(names);
			return files.remove(names, options);
		},
	};
	let swept: Promise<unknown> | undefined;
	await media.keep(source, { kind: "post", isPublic: true }, async () => {
		const rows = { ...images(world), after: async () => [] };
		swept = sweep({ images: rows, files: watched, exclusively: media.exclusively });
		await Bun.sleep(20);
		world.rows.add(name);
		return null;
	});
	expect(await swept).toMatchObject({ files: 0 });
	expect(removed).toEqual([]);
});
