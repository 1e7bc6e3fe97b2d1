import { hmac, nodeCrypto, random } from "../../../core/crypto";
import { invalid } from "../../../core/errors";
import type { Page, PageRequest } from "../../../core/page";

type Position = (number | string)[];

/** Part of the key. Change it with the content of cursors, so that old cursors do not decrypt. */
const version = "cursor v1";

/**
 * Cursors contain row keys, which would reveal the number of hidden rows. So they are encrypted with AES-256-GCM, with the
 * name of the list as associated data. Damaged and forged cursors, and cursors of other lists, do not decrypt.
 */
export function cursors(secret: string) {
	const key = hmac(secret, version);

	return {
		/** Decrypts the position before the page; null on the first page. Throws `invalid` for a cursor of another list. */
		open(list: string, cursor: string | undefined): Position | null {
			if (cursor === undefined) return null;
			try {
				const sealed = Buffer.from(cursor, "base64url");
				// The decoder ignores invalid characters, so compare: only the original text is accepted.
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
 * Makes a page of at most `limit` rows. Callers read one row more, which shows that a next page exists. `position` is the
 * place of a row in its list.
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
