import type { Measured } from "./load";

/** Latencies are in milliseconds, memory in MB; each figure is the median of its rounds. */
export type Compared = { name: string; isSignedIn: boolean; ratio: number; product: Measured; bare: Measured };
export type OfSize = {
	name: string;
	posts: number;
	users: number;
	follows: number;
	likes: number;
	comments: number;
	bytesPerPost: { file: number; posts: number | null };
	/** Null where the system does not tell. */
	rss: { product: number | null; bare: number | null };
	endpoints: Compared[];
};
export type Results = {
	machine: { cpu: string; cores: number; memoryGB: number; system: string; bun: string; load: number };
	driver: string;
	connections: number;
	rounds: number;
	seconds: number;
	/** The smallest first. */
	sizes: OfSize[];
};

/** What we hold ourselves to. */
export const targets = {
	/** Of the limit, in requests per second. */
	ratio: { read: 0.8, signedIn: 0.7, write: 0.5 },
	/** How many times as long from the smallest size to the largest, at the 99th percentile. */
	growth: 1.5,
	/** Milliseconds, at the 99th percentile, of every read. */
	p99: 10,
	/** How many times as long as an ordinary reader somebody waits who follows 5,000, at the median. */
	heavy: 4,
};

export const isWrite = ({ name }: Compared) => name.startsWith("POST");
export const targetRatio = (endpoint: Compared) =>
	targets.ratio[isWrite(endpoint) ? "write" : endpoint.isSignedIn ? "signedIn" : "read"];

/** How many times as long an endpoint takes as with the smallest size, at the 99th percentile. */
export function growth({ sizes }: Results, of: Compared): number | null {
	const smallest = sizes[0]?.endpoints.find(({ name, isSignedIn }) => name === of.name && isSignedIn === of.isSignedIn);
	return sizes.length < 2 || !smallest ? null : of.product.p99 / smallest.product.p99;
}

/** How many times as long the feed of somebody who follows 5,000 takes. */
export function heavy({ endpoints }: OfSize): number {
	const median = (kind: string) => endpoints.find(({ name }) => name.endsWith(kind))?.product.p50 ?? Number.NaN;
	return median("heavy") / median("ordinary");
}

export const title = ({ name, isSignedIn }: Compared) =>
	isSignedIn && !/POST|feed|me$/.test(name) ? `${name}, signed in` : name;
const whole = (number: number) => Math.round(number).toLocaleString("en");

/** A table for each size; what misses its target has an exclamation mark. */
export function print(results: Results) {
	for (const size of results.sizes) printSize(results, size);
}

function printSize(results: Results, size: OfSize) {
	const { posts, users, follows, likes, comments, bytesPerPost, rss } = size;
	const mark = (text: string, isMissed: boolean) => text + (isMissed ? "!" : " ");
	const rows = size.endpoints.map((endpoint) => {
		const { product, bare, ratio } = endpoint;
		const target = targetRatio(endpoint);
		const grown = size === results.sizes[0] ? null : growth(results, endpoint);
		return [
			title(endpoint),
			whole(product.perSecond),
			whole(bare.perSecond),
			mark(ratio.toFixed(2), ratio < target),
			`≥ ${target}`,
			product.p50.toFixed(2),
			mark(product.p99.toFixed(2), product.p99 >= targets.p99 && !isWrite(endpoint)),
			bare.p50.toFixed(2),
			bare.p99.toFixed(2),
			grown === null ? "" : mark(`× ${grown.toFixed(2)}`, grown > targets.growth),
			Math.max(product.driverCores, bare.driverCores).toFixed(2),
		];
	});
	const head = ["", "/s", "limit/s", "ratio", "target", "p50", "p99", "limit p50", "p99", "p99 grown", "driver"];
	const widths = head.map((title, column) => Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map(width)));
	const pad = (cell: string, column: number) => {
		const missing = " ".repeat((widths[column] ?? 0) - width(cell));
		return column === 0 ? cell + missing : missing + cell;
	};
	console.log(
		`\n${whole(posts)} posts, ${whole(users)} people, ${whole(follows)} follows, ${whole(likes)} likes, ${whole(comments)} comments`,
	);
	for (const row of [head, ...rows]) console.log(row.map(pad).join("  "));
	const memory = (mb: number | null) => (mb === null ? "unknown" : `${whole(mb)} MB`);
	const ratio = heavy(size);
	console.log(
		[
			`A feed of 5,000 takes ${mark(ratio.toFixed(2), ratio > targets.heavy).trim()} times an ordinary one (≤ ${targets.heavy}).`,
			`Memory: ${memory(rss.product)}, the limit ${memory(rss.bare)}.`,
			`Bytes per post: ${bytesPerPost.posts ? whole(bytesPerPost.posts) : "unknown"} with its indexes, ${whole(bytesPerPost.file)} with everything else in the file.`,
		].join(" "),
	);
}

const width = (text: string) => Bun.stringWidth(text);
