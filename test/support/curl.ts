import { parseArgs } from "node:util";

// Implements the options of curl that the handbook uses, for machines without curl:
//   curl -s [-X method] [-H header]… [-d body | -F name=value…] [-o file | -O] url
const { positionals, values } = parseArgs({
	allowPositionals: true,
	options: {
		silent: { type: "boolean", short: "s" },
		request: { type: "string", short: "X" },
		header: { type: "string", short: "H", multiple: true },
		data: { type: "string", short: "d" },
		form: { type: "string", short: "F", multiple: true },
		output: { type: "string", short: "o" },
		remote: { type: "boolean", short: "O" },
	},
});
const pair = (text: string, separator: string): [string, string] => {
	const at = text.indexOf(separator);
	return [text.slice(0, at), text.slice(at + 1).trim()];
};
const headers = (values.header ?? []).map((line) => pair(line, ":"));
const form = values.form && new FormData();
for (const field of values.form ?? []) {
	const [name, value] = pair(field, "=");
	form?.append(name, value.startsWith("@") ? Bun.file(value.slice(1)) : value);
}
const body = form ?? values.data;
const method = values.request ?? (body === undefined ? "GET" : "POST");
const response = await fetch(`http://${positionals[0]}`, { method, headers, body });
const output = values.remote ? positionals[0]?.split("/").at(-1) : values.output;
await Bun.write(output ? Bun.file(output) : Bun.stdout, await response.bytes());
