import { parseArgs } from "node:util";
import { memoryApp } from "../../src/testing/memory";
import { median } from "./load";
import { repeated, type Sample, samples } from "./texts";

/**
 * `bun test/bench/scripts.ts [--rounds 9]`: what a search through long posts costs in each script, and what posting one does:
 * the CPU time of a whole request over a database in memory, in milliseconds, and its ratio to English. The scripts take
 * turns, so that a slow moment of the machine and the warming up of the compiler hit all of them.
 */

const { values: options } = parseArgs({ options: { rounds: { type: "string" } } });
const rounds = Number(options.rounds ?? 9);
/** As many as a sort by relevance weighs. */
const posts = 300;
const others = Array.from({ length: 14 }, (_, i) => `-${String.fromCharCode(97 + i)}1`).join(" ");
const queries: Record<string, (word: string) => string> = {
	newest: (word) => `${word} `,
	"at the end": () => "needle ",
	"16 words": (word) => `${word} needle ${others} `,
	relevance: (word) => `${word} `,
};
type Times = Record<string, number[]>;
type Site = Awaited<ReturnType<typeof open>>;

const sites: Site[] = [];
for (const sample of samples) sites.push(await open(sample));
for (let round = -3; round < rounds; round++)
	for (const site of sites)
		for (const [name, query] of Object.entries(queries)) {
			const time = await cpuMs(() => site.search(name, query(site.sample.word)));
			if (round >= 0) site.times[name]?.push(time); // the first three rounds warm up
		}

const columns = [...Object.keys(queries), "POST"];
const figures = ({ times }: Site) => columns.map((name) => median(times[name] ?? []));
const english = figures(sites[0] as Site);
console.log("CPU ms of a search for 100 posts of 5,000 characters (ratio to English)".padEnd(72));
console.log("".padEnd(28), ...columns.map((name) => name.padStart(14)));
for (const site of sites) {
	const cells = figures(site).map((ms, i) => `${ms.toFixed(2)} (${(ms / (english[i] as number)).toFixed(1)})`);
	console.log(site.sample.name.padEnd(28), ...cells.map((cell) => cell.padStart(14)));
}

async function open(sample: Sample) {
	const { app } = memoryApp({ observers: [], now: () => new Date() });
	const send = async (method: string, path: string, token = "", body?: object) => {
		const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
		const init = { method, headers, body: body && JSON.stringify(body) };
		const response = await app.handle(new Request(`http://localhost${path}`, init));
		if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}.`);
		return response;
	};
	const account = { username: "ada", email: "ada@example.com", password: "correct horse battery" };
	const registered = await send("POST", "/auth/register", "", account);
	const { access_token: token } = (await registered.json()) as { access_token: string };
	const times: Times = { POST: [], ...Object.fromEntries(Object.keys(queries).map((name) => [name, []])) };
	const content = repeated(sample.text, { first: "first ", last: " needle" });
	for (let i = 0; i < posts; i++) times.POST?.push(await cpuMs(() => send("POST", "/posts/", token, { content })));
	const search = async (name: string, q: string) => {
		const sort = name === "relevance" ? name : "newest";
		const page = await send("GET", `/posts/?limit=100&sort=${sort}&q=${encodeURIComponent(q)}`);
		const { items } = (await page.json()) as { items: { snippet?: object }[] };
		if (items.filter(({ snippet }) => snippet).length !== 100)
			throw new Error(`A search for ${q} in ${sample.name} found ${items.length} posts.`);
	};
	return { sample, times, search };
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
	const before = process.cpuUsage();
	await work();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000;
}
