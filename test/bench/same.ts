import type { Call } from "./calls";

type Answer = { status: number; headers: Record<string, string>; body: string };

/**
 * Proves that two servers do the same work before anybody times it. A search of the product, which is the first, stops where
 * it would take too long and says how to go on: what it has found by then must be what the other begins with.
 * @throws Error at the first call which they answer differently.
 */
export async function assertSame(calls: Call[], one: string, other: string) {
	for (const call of calls) {
		const [a, b] = [await ask(one, call), await ask(other, call)];
		if (isCutShort(a, b)) continue;
		assertEqual(call, a, b);
		const [nextOfOne, nextOfOther] = [nextPage(a), nextPage(b)];
		if (nextOfOne === null || nextOfOther === null) continue;
		// Crosswise: a cursor that looks right and leads elsewhere would pass the mask.
		assertEqual(call, await ask(one, { ...call, path: nextOfOther }), await ask(other, { ...call, path: nextOfOne }));
	}
}

type Page = { items?: unknown[]; next_cursor?: string | null };

function isCutShort(a: Answer, b: Answer): boolean {
	if (a.status !== 200 || b.status !== 200) return false;
	const { items: found, next_cursor: next } = JSON.parse(a.body) as Page;
	const { items: all, next_cursor: rest } = JSON.parse(b.body) as Page;
	if (!found || !all || !next || found.length > all.length || (rest && found.length === all.length)) return false;
	return JSON.stringify(found) === JSON.stringify(all.slice(0, found.length));
}

/** Not an assertion of a library: those print two whole answers, and the one byte that differs is nowhere to be seen. */
function assertEqual({ method, path }: Call, a: Answer, b: Answer) {
	const [one, other] = [JSON.stringify(masked(a)), JSON.stringify(masked(b))];
	if (one === other) return;
	let same = 0;
	while (one[same] === other[same]) same++;
	const around = (text: string) => text.slice(Math.max(0, same - 40), same + 80);
	throw new Error(`${method} ${path} is answered differently:\n  ${around(one)}\n  ${around(other)}`);
}

async function ask(url: string, { method, path, token, body }: Call): Promise<Answer> {
	const headers = new Headers({ accept: "application/json", "accept-encoding": "identity" }); // as autocannon
	if (token) headers.set("authorization", `Bearer ${token}`);
	if (body) headers.set("content-type", "application/json");
	const response = await fetch(url + path, { method, headers, body });
	return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

/** Takes out what differs by chance or by clock. Lengths stay, in `content-length`, so what is masked is as long. */
function masked({ status, headers: { date: _, ...headers }, body }: Answer): Answer {
	const read = status === 200;
	const { "x-request-id": requestId = "none", link, location, ...rest } = headers;
	return {
		status,
		headers: {
			...Object.fromEntries(Object.entries(rest).sort()),
			"x-request-id": maskId(requestId),
			...(link && { link: link.replace(/cursor=[\w-]+/, "cursor=…") }),
			...(location && { location: maskId(location) }),
		},
		body: read
			? body.replace(/"next_cursor":"[\w-]+"/, '"next_cursor":"…"')
			: body.replace(/^\{"id":"[^"]+"/, maskId).replace(/"created_at":"[\d:.TZ-]{24}"/, '"created_at":"…"'),
	};
}

const maskId = (text: string) => text.replace(/[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}/, "…");

const nextPage = ({ headers }: Answer) => /^<([^>]+)>; rel="next"$/.exec(headers.link ?? "")?.[1] ?? null;
