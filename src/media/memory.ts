import type { FileStore } from "./files";

/** Stores files in memory, until the process ends. */
export function memoryFiles(): FileStore {
	const kept = new Map<string, { bytes: Blob; modifiedAt: Date }>();
	return {
		async put(files) {
			for (const [name, bytes] of Object.entries(files))
				kept.set(name, { bytes: new Blob([bytes as Uint8Array<ArrayBuffer>]), modifiedAt: new Date() });
		},
		async get(name) {
			return kept.get(name)?.bytes ?? null;
		},
		async remove(names, { isNeeded } = {}) {
			const moved = names.flatMap((name) => {
				const file = kept.get(name);
				kept.delete(name);
				return file ? [{ name, file }] : [];
			});
			if (!(await isNeeded?.())) return "removed";
			for (const { name, file } of moved) if (!kept.has(name)) kept.set(name, file);
			return "needed";
		},
		async *list() {
			for (const [name, { modifiedAt }] of kept) yield { name, modifiedAt, isWhole: true };
		},
		async claim() {
			return true;
		},
		async free() {
			return Number.POSITIVE_INFINITY;
		},
	};
}
