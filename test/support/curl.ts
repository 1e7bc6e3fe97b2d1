import { parseArgs } from "node:util";

// As much of curl as the README uses, for machines that have none: curl -s [-X method] [-H header]… [-d body] url
const { positionals, values } = parseArgs({
	allowPositionals: true,
	options: {
		silent: { type: "boolean", short: "s" },
		request: { type: "string", short: "X" },
		header: { type: "string", short: "H", multiple: true },
		data: { type: "string", short: "d" },
	},
});
const headers = (values.header ?? []).map((line): [string, string] => {
	const colon = line.indexOf(":");
	return [line.slice(0, colon), line.slice(colon + 1).trim()];
});
const method = values.request ?? (values.data === undefined ? "GET" : "POST");
const response = await fetch(`http://${positionals[0]}`, { method, headers, body: values.data });
process.stdout.write(await response.text());
