// `bun test/handbook/tables.ts` writes the generated tables of the handbook: options, API calls, commands and figures.
import { join } from "node:path";
import { runCommand } from "../../src/cli/program";
import { options } from "../../src/config/options";
import { isWrite, targetRatio, targets, title } from "../bench/results";
import results from "../bench/results.json";
import { testApp } from "../support/app";
import { collector } from "../support/terminal";
import { root } from "./pages";

type Operation = { operationId: string; summary: string; description?: string; security: object[] };

/** A table of Markdown in the form of the formatter. All columns of `figures` but the first are right-aligned. */
function table(heads: string[], rows: string[][], kind: "text" | "figures" = "text"): string {
	const lines = [heads, ...rows].map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|")));
	const widths = heads.map((_, column) => Math.max(...lines.map((cells) => Bun.stringWidth(cells[column] ?? ""))));
	const isRight = (column: number) => kind === "figures" && column > 0;
	const pad = (text: string, column: number) => {
		const blanks = " ".repeat((widths[column] ?? 0) - Bun.stringWidth(text));
		return isRight(column) ? blanks + text : text + blanks;
	};
	const rule = widths.map((width, column) => (isRight(column) ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
	return [lines[0] ?? [], rule, ...lines.slice(1)].map((cells) => `| ${cells.map(pad).join(" | ")} |`).join("\n");
}

const optionTable = () =>
	table(
		["option", "default", "meaning"],
		Object.entries(options).map(([name, { default: value, description }]) => [
			`\`${name}\``,
			value === undefined || value === "" ? "–" : `\`${value}\``,
			description ?? "",
		]),
	);

async function callTable() {
	const { body } = await testApp().anonymous.get("/openapi.json");
	const paths = (body as { paths: Record<string, Record<string, Operation>> }).paths;
	const calls = Object.entries(paths).flatMap(([path, operations]) =>
		Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
	);
	return table(
		["call", "caller", "effect"],
		calls
			.filter(({ operationId }) => !/(?:WithPicture|AsForm)$/.test(operationId))
			.map((call) => [`\`${call.method} ${call.path}\``, callerOf(call), call.summary]),
	);
}

function callerOf({ path, security, description = "" }: Operation & { path: string }): string {
	if (security.every((one) => Object.keys(one).length === 0)) return "anyone";
	if (security.some((one) => Object.keys(one).length === 0)) return "anyone; more when signed in";
	const who = path.startsWith("/admin/") ? "administrator" : "signed in";
	return description.includes("Needs a session") ? `${who}, session` : who;
}

async function commandTable() {
	const rows: string[][] = [];
	const add = async (...path: string[]) => {
		const help = await helpOf(path);
		const names = [...(/^Commands:\n([\s\S]*?)\n\n/m.exec(`${help}\n`)?.[1] ?? "").matchAll(/^ {2}(\w[\w-]*)/gm)]
			.map(([, name = ""]) => name)
			.filter((name) => name !== "help" || path.length === 0);
		if (names.length === 0) {
			const usage = /^Usage: minifeed (.*?)\n\n/s
				.exec(help)?.[1]
				?.replace(/\s+/g, " ")
				.replace("[options] ", "")
				.replace(/ \[options\]$/, "");
			const description = /\n\n([\s\S]*?)\n\n/.exec(help)?.[1]?.replace(/\s+/g, " ") ?? "";
			rows.push([`\`${usage}\``, description]);
		}
		for (const name of names) await add(...path, name);
	};
	await add();
	return table(["command", "effect"], rows);
}

/** The largest size of the benchmark. */
function speedTable() {
	const heads = ["call", "calls a second", "p50", "p99", "share of the limit"];
	const mark = (text: string, isMissed: boolean) => (isMissed ? `${text} !` : text);
	const rows = (results.sizes.at(-1)?.endpoints ?? []).map((endpoint) => [
		title(endpoint).replace(/^\w+ [^\s,]+/, "`$&`"),
		Math.round(endpoint.product.perSecond).toLocaleString("en"),
		`${endpoint.product.p50.toFixed(2)} ms`,
		mark(`${endpoint.product.p99.toFixed(2)} ms`, endpoint.product.p99 >= targets.p99 && !isWrite(endpoint)),
		mark(endpoint.ratio.toFixed(2), endpoint.ratio < targetRatio(endpoint)),
	]);
	return table(heads, rows, "figures");
}

async function helpOf(path: string[]): Promise<string> {
	const [stdout, stderr] = [collector(), collector()];
	const { Readable } = await import("node:stream");
	await runCommand([...path, "--help"], { env: {}, stdin: Readable.from([""]), stdout, stderr });
	return stdout.text();
}

/** The pages with generated tables, by file, with their current tables. */
export async function withTables(): Promise<Map<string, string>> {
	const tables: [page: string, name: string, text: string][] = [
		["configure", "options", optionTable()],
		["api", "calls", await callTable()],
		["operate", "commands", await commandTable()],
		["performance", "figures", speedTable()],
	];
	return new Map(
		await Promise.all(
			tables.map(async ([page, name, text]) => {
				const path = join(root, `src/handbook/${page}.md`);
				const [before, after] = (await Bun.file(path).text()).split(
					new RegExp(`(?<=<!-- ${name}:begin -->\n)[\\s\\S]*(?=<!-- ${name}:end -->)`),
				);
				if (after === undefined) throw new Error(`${page}.md lacks the comments ${name}:begin and ${name}:end.`);
				return [path, `${before}\n${text}\n\n${after}`] as const;
			}),
		),
	);
}

if (import.meta.main) for (const [path, text] of await withTables()) await Bun.write(path, text);
