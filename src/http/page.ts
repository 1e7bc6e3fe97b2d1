import { Kind, type Static, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { defaultPageSize, maxPageSize, type Page, type PageRequest } from "../core/page";
import { ResponseSchema } from "./schema";
import { Text } from "./text";

/** Query values are strings, and `Number("1e2")` is 100: only digits are an integer here. */
TypeRegistry.Set<{ minimum: number; maximum: number }>("QueryInteger", ({ minimum, maximum }, value) => {
	const number = typeof value === "number" ? value : /^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
	return number >= minimum && number <= maximum;
});

/** Query parameters of every list; spread them into the list's own. */
export const pageQuery = {
	limit: Type.Optional(
		Type.Unsafe<number | string>({
			[Kind]: "QueryInteger",
			type: "integer",
			minimum: 1,
			maximum: maxPageSize,
			default: defaultPageSize,
			description: `an integer from 1 to ${maxPageSize}`,
		}),
	),
	cursor: Type.Optional(
		Text({
			minLength: 1,
			maxLength: 1024,
			description: "the next_cursor of the previous page of the same list",
		}),
	),
};

export const PageQuery = Type.Object(pageQuery);

/** Elysia sets the default of `limit` before a handler gets the query. */
export const pageRequest = ({ limit, cursor }: Static<typeof PageQuery>): PageRequest => ({
	limit: Number(limit),
	cursor,
});

export const PageOf = <T extends TSchema>(item: T) =>
	ResponseSchema(
		{
			items: Type.Array(item),
			next_cursor: Type.Union([Type.String(), Type.Null()], {
				description: "The cursor of the next page; null ends the list.",
			}),
		},
		{ $id: `${item.$id}Page` },
	);

type Context = { request: Request; set: { headers: Record<string, unknown> } };

/** The answer of a list, with the `Link` header that leads to the next page (RFC 8288). */
export function presentPage<Item, Presented>(
	{ items, nextCursor }: Page<Item>,
	present: (item: Item) => Presented,
	{ request, set }: Context,
) {
	if (nextCursor !== null) {
		set.headers.link = `<${withCursor(request.url, nextCursor)}>; rel="next"`;
	}
	return { items: items.map(present), next_cursor: nextCursor };
}

/** The path and query of a URL with another cursor. Without `URL`, which would take 2 % of a list of 20 posts. */
function withCursor(url: string, cursor: string): string {
	const path = url.indexOf("/", url.indexOf("//") + 2);
	const query = url.indexOf("?", path);
	if (query < 0) return `${url.slice(path)}?cursor=${cursor}`;
	const parameters = new URLSearchParams(url.slice(query));
	parameters.set("cursor", cursor);
	return `${url.slice(path, query)}?${parameters}`;
}
