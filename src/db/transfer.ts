import type { Pages } from "../takeout/store";

/** A field of a line. Times are ISO 8601, and ids stand in the place of keys. */
export type TransferField = {
	name: string;
	type: "text" | "id" | "ids" | "time" | "image";
	isNullable: boolean;
	/** The only values of a text. */
	values?: string[];
	/** Set for a picture with a text that describes it. */
	hasAlt?: boolean;
};

/** A table that moves from one instance to another. */
export type TransferTable = { name: string; fields: TransferField[] };

/** A row of such a table, by the names of its fields. */
export type Line = Record<string, unknown>;

/** A picture by its name. Several rows may have the same name, and with it the same files. */
export type TransferPicture = {
	name: string;
	width: number;
	height: number;
	/** Bytes of both files. */
	bytes: number;
	/** False when its rows do not say the same of it. */
	agreed: boolean;
};

/** A line that cannot be imported: its index among those that were given, and the reason. */
export class ImportConflict extends Error {
	override readonly name = "ImportConflict";
	constructor(
		readonly index: number,
		readonly why: string,
	) {
		super(why);
	}
}

/** Reads and writes everything of an instance. Writes of others meanwhile may be missed. */
export type TransferStore = {
	count(table: string): Promise<number>;
	/** In the order of creation, which is that of lists; rows without a key in the order of the keys they link. */
	rows(table: string): Pages<Line>;
	/** By name. */
	pictures(): Pages<TransferPicture>;
	/** When the newest post was written; null without posts. */
	newestPost(): Promise<Date | null>;
	/**
	 * Adds lines in the order of `rows`, all of them or none. Counters, tags and search follow. Throws `ImportConflict` for a
	 * line that exists already or refers to a row that does not exist.
	 */
	add(table: string, lines: Line[]): Promise<void>;
};
