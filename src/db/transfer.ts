import type { Pages } from "../takeout/store";

/** A field of a line. Times are ISO 8601; references are ids, not keys. */
export type TransferField = {
	name: string;
	type: "text" | "id" | "ids" | "time" | "image";
	isNullable: boolean;
	/** The allowed values of a text. */
	values?: string[];
	/** Set for a picture with an alt text. */
	hasAlt?: boolean;
};

/** A table of the instance transfer. */
export type TransferTable = { name: string; fields: TransferField[] };

/** A row of a transferred table: field names to values. */
export type Line = Record<string, unknown>;

/** A picture by its name. Rows with the same name share the files. */
export type TransferPicture = {
	name: string;
	width: number;
	height: number;
	/** Size of both files together, in bytes. */
	bytes: number;
	/** False when its rows disagree about width, height or bytes. */
	agreed: boolean;
};

/** A line that cannot be imported: its index among the given lines, and the reason. */
export class ImportConflict extends Error {
	override readonly name = "ImportConflict";
	constructor(
		readonly index: number,
		readonly why: string,
	) {
		super(why);
	}
}

/** Reads and writes all rows of an instance. Reads may miss writes made meanwhile. */
export type TransferStore = {
	count(table: string): Promise<number>;
	/** Rows in the order of their keys, which is the order of creation. Rows without a key: by the keys they link. */
	rows(table: string): Pages<Line>;
	/** Sorted by name. */
	pictures(): Pages<TransferPicture>;
	/** When the newest post was written; null without posts. */
	newestPost(): Promise<Date | null>;
	/**
	 * Adds lines in the order of `rows`, all of them or none, and updates counters, tags and search. Throws `ImportConflict`
	 * for a line that exists already or refers to a missing row.
	 */
	add(table: string, lines: Line[]): Promise<void>;
};
