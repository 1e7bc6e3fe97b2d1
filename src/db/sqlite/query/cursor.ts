import { hmac, nodeCrypto, random } from "../../../core/crypto";
import { invalid } from "../../../core/errors";
import type { Page, PageRequest } from "../../../core/page";

type Position = (number | string)[];

/** Part of the key: a change of what cursors hold makes the old ones unreadable, as it must. */
const version = "cursor v1";

/**
 * Cursors hold keys of rows, which would tell how much there is that a caller may not see. So they are sealed
 * (AES-256-GCM), together with the list they belong to: one that was damaged, made up or taken from another
 * list does not open.
 */
export function cursors(secret: string) {
	const key = hmac(secret, version);

	return {
		/** The position that the page starts after; null on a first page. Throws `invalid` for a cursor not of this list. */
		open(list: string, cursor: string | undefined): Position | null {
			if (cursor === undefined) return null;
			try {
				const sealed = Buffer.from(cursor, "base64url");
				// Decoding overlooks characters that do not belong; a cursor with some in it is not the one we gave.
				if (sealed.toString("base64url") !== cursor) throw new Error("not in its canonical form");
				const decipher = nodeCrypto().createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
				decipher.setAAD(Buffer.from(list));
				decipher.setAuthTag(sealed.subarray(-16));
				return JSON.parse(decipher.update(sealed.subarray(12, -16), undefined, "utf8") + decipher.final("utf8"));
			} catch {
				throw invalid("/cursor", "This cursor does not belong to this list.");
			}
		},

		seal(list: string, position: Position): string {
			const nonce = random(12);
			const cipher = nodeCrypto().createCipheriv("aes-256-gcm", key, nonce);
			cipher.setAAD(Buffer.from(list));
			const sealed = [nonce, cipher.update(JSON.stringify(position)), cipher.final(), cipher.getAuthTag()];
			return Buffer.concat(sealed).toString("base64url");
		},
	};
}
export type Cursors = ReturnType<typeof cursors>;

/**
 * Makes a page of rows that were read with one more than its limit: the extra row tells that there is a next page.
 * `position` says where a row stands in its list.
 */
export function paged<Row, Item>(
	rows: Row[],
	{ limit }: PageRequest,
	{
		item,
		position,
		seal,
	}: {
		item: (row: Row) => Item;
		position: (row: Row) => Position;
		seal: (position: Position) => string;
	},
): Page<Item> {
	const shown = rows.length > limit ? rows.slice(0, limit) : rows;
	const last = shown.at(-1);
	return {
		items: shown.map(item),
		nextCursor: rows.length > limit && last ? seal(position(last)) : null,
	};
}
