import template from "#src/http/docs/handbook.html" with { type: "text" };
import { pageOf, pages } from "../../handbook";
import type { Topic } from "../../handbook/topics";

const home = "/docs/handbook";

/** The table of contents as a page of HTML. */
export const renderIndex = () =>
	fill(
		"Handbook",
		`<h1>Handbook</h1>\n<dl>\n${pages
			.map(({ topic, title, summary }) => {
				const text = Bun.markdown.html(summary).replace(/^<p>|<\/p>\s*$/g, "");
				return `<dt><a href="${home}/${topic}">${title}</a></dt>\n<dd>${text}</dd>`;
			})
			.join("\n")}\n</dl>`,
	);

/** A page of the handbook as HTML. Rewrites links between pages to the paths of this server. */
export function renderTopic(topic: Topic): string {
	const { title, markdown } = pageOf(topic);
	const html = Bun.markdown
		.html(markdown, { headings: true })
		.replace(/href="([a-z-]+)\.md(#[^"]*)?"/g, `href="${home}/$1$2"`)
		.replaceAll("<table>", '<div class="table" tabindex="0"><table>')
		.replaceAll("</table>", "</table></div>")
		.replaceAll("<pre>", '<pre tabindex="0">');
	return fill(title, html, topic);
}

function fill(title: string, content: string, current?: string): string {
	const links = pages.map(({ topic, title }) => {
		const mark = topic === current ? ' aria-current="page"' : "";
		return `<li><a href="${home}/${topic}"${mark}>${title}</a></li>`;
	});
	const values: Record<string, string> = { title, content, pages: links.join("\n") };
	return template.replace(/{{(\w+)}}/g, (_, name) => values[name] ?? "");
}
