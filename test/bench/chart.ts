import { join } from "node:path";
import { type Compared, isWrite, type Results, targetRatio, targets, title } from "./results";

const row = 22;
const top = 88;
const widths = { label: 290, latency: 300, gap: 28, ratio: 200, rate: 80 };
const left = { latency: widths.label, ratio: widths.label + widths.latency + widths.gap };
const width = left.ratio + widths.ratio + widths.rate + 16;

const ofRatio = (ratio: number) => left.ratio + Math.min(ratio, 1.2) * (widths.ratio / 1.2);

/**
 * `bun test/bench/chart.ts` draws the chart of `src/ARCHITECTURE.md` again, without measuring.
 *
 * The figures as a picture: how long each call takes with so many posts, and which share of the limit it reaches. An SVG by
 * itself, with colours for a light page and a dark one.
 */
export function chart(results: Results): string {
	const { sizes, machine, connections, driver } = results;
	const largest = sizes.at(-1);
	if (!largest) throw new Error("There is nothing to draw.");
	const bottom = top + largest.endpoints.length * row;
	const height = bottom + 52;
	const slowest = Math.max(...sizes.flatMap(({ endpoints }) => endpoints.map(({ product }) => product.p99)));
	/** The axis starts at 0.1 ms, and each of these is ten times the one before. */
	const decades = Math.max(3, Math.ceil(Math.log10(slowest / 0.1)));
	const ofLatency = (ms: number) => left.latency + (Math.max(Math.log10(ms / 0.1), 0) / decades) * widths.latency;

	const rows = largest.endpoints.map((endpoint, i) => {
		const y = top + i * row + row / 2;
		const p99s = sizes.map(({ endpoints }) => endpoints.find((one) => title(one) === title(endpoint))?.product.p99);
		const dots = p99s.map((p99, at) => (p99 === undefined ? "" : circle(ofLatency(p99), y, shade(at, sizes.length))));
		const xs = p99s.flatMap((p99) => (p99 === undefined ? [] : [ofLatency(p99)]));
		const target = ofRatio(targetRatio(endpoint));
		return [
			text(widths.label - 12, y + 4, title(endpoint), "end"),
			line(Math.min(...xs), y, Math.max(...xs), y, "span"),
			...dots,
			bar(left.ratio, y - 6, ofRatio(endpoint.ratio) - left.ratio, endpoint.ratio < targetRatio(endpoint)),
			line(target, y - 9, target, y + 9, "target"),
			endpoint.ratio < 0.25
				? text(ofRatio(endpoint.ratio) + 6, y + 4, endpoint.ratio.toFixed(2), "start")
				: text(left.ratio + 6, y + 4, endpoint.ratio.toFixed(2), "start", "on"),
			text(width - 16, y + 4, Math.round(endpoint.product.perSecond).toLocaleString("en"), "end"),
		].join("");
	});
	const grid = Array.from({ length: decades + 1 }, (_, i) => {
		const ms = 10 ** (i - 1);
		const x = ofLatency(ms);
		return (
			line(x, top, x, bottom, ms === targets.p99 ? "target" : "grid") +
			text(x, bottom + 16, `${ms} ms`, "middle", "faint")
		);
	});
	const legend = sizes.map(({ posts }, i) => {
		const x = left.latency + i * 100 + 6;
		return circle(x, 60, shade(i, sizes.length)) + text(x + 10, 64, `${short(posts)} posts`, "start", "faint");
	});
	const limit =
		line(ofRatio(1), top, ofRatio(1), bottom, "grid") + text(ofRatio(1), bottom + 16, "1", "middle", "faint");
	const said = `${driver}, ${connections} connections that never pause, on ${machine.cores} cores of ${machine.cpu}`;
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(summary(results))}">`,
		style,
		`<rect class="page" width="${width}" height="${height}" rx="8"/>`,
		text(left.latency, 34, "p99 of a call", "start", "head"),
		text(left.ratio, 34, "Share of the bare limit", "start", "head"),
		text(left.ratio, 64, `with ${short(largest.posts)} posts; ┃ target`, "start", "faint"),
		text(width - 16, 34, "calls/s", "end", "head"),
		...legend,
		...grid,
		limit,
		...rows,
		text(16, height - 12, said, "start", "faint"),
		"</svg>\n",
	].join("\n");
}

/** For who hears the page instead of seeing it. */
function summary({ sizes }: Results): string {
	const largest = sizes.at(-1);
	const reads = largest?.endpoints.filter((endpoint: Compared) => !isWrite(endpoint)) ?? [];
	const slowest = Math.max(...reads.map(({ product }) => product.p99));
	return `With ${largest?.posts.toLocaleString("en")} posts the slowest of ${reads.length} reads takes ${slowest.toFixed(1)} milliseconds at the 99th percentile.`;
}

const style = `<style>
	.page { fill: #fff; stroke: #d0d7de }
	text { font: 12px system-ui, sans-serif; fill: #1f2328 }
	.head { font-weight: 600 } .faint { fill: #59636e } .on { fill: #fff; font-weight: 600 }
	.grid { stroke: #d0d7de } .span { stroke: #9aa4af; stroke-width: 2 } .target { stroke: #1f2328; stroke-dasharray: 3 2 }
	.s0 { fill: #8fc1f5 } .s1 { fill: #3b82d6 } .s2 { fill: #0b4a9e } .met { fill: #2563a8 } .missed { fill: #b4532a }
	@media (prefers-color-scheme: dark) {
		.page { fill: #0d1117; stroke: #3d444d } text { fill: #f0f6fc } .faint { fill: #9198a1 } .on { fill: #fff }
		.grid { stroke: #3d444d } .span { stroke: #656c76 } .target { stroke: #f0f6fc }
		.s0 { fill: #2f5d94 } .s1 { fill: #4493f8 } .s2 { fill: #b6dbff } .met { fill: #2f6cb3 }
	}
</style>`;

/** The largest size has the strongest colour, however many there are. */
const shade = (at: number, of: number) => `s${3 - of + at}`;
const short = (posts: number) => (posts >= 1e6 ? `${posts / 1e6} M` : `${posts / 1e3} k`);
const round = (number: number) => Number(number.toFixed(1));
const circle = (x: number, y: number, of: string) => `<circle class="${of}" cx="${round(x)}" cy="${round(y)}" r="5"/>`;
const line = (x1: number, y1: number, x2: number, y2: number, of: string) =>
	`<line class="${of}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
const bar = (x: number, y: number, width: number, isMissed: boolean) =>
	`<rect class="${isMissed ? "missed" : "met"}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="12" rx="2"/>`;
const text = (x: number, y: number, said: string, anchor: "start" | "middle" | "end", of = "") =>
	`<text${of && ` class="${of}"`} x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped(said)}</text>`;
const escaped = (said: string) => said.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

if (import.meta.main) {
	const results: Results = await Bun.file(join(import.meta.dir, "results.json")).json();
	await Bun.write(join(import.meta.dir, "speed.svg"), chart(results));
}
