// A project that imports the type of the app compiles this file, but not the whole folder.
/// <reference path="./markdown.d.ts" />
import api from "./api.md" with { type: "text" };
import backupAndRestore from "./backup-and-restore.md" with { type: "text" };
import changelog from "./changelog.md" with { type: "text" };
import clients from "./clients.md" with { type: "text" };
import configure from "./configure.md" with { type: "text" };
import glossary from "./glossary.md" with { type: "text" };
import install from "./install.md" with { type: "text" };
import moderation from "./moderation.md" with { type: "text" };
import operate from "./operate.md" with { type: "text" };
import performance from "./performance.md" with { type: "text" };
import pictures from "./pictures.md" with { type: "text" };
import search from "./search.md" with { type: "text" };
import security from "./security.md" with { type: "text" };
import testing from "./testing.md" with { type: "text" };
import { type Topic, topics } from "./topics";
import transfer from "./transfer.md" with { type: "text" };
import troubleshooting from "./troubleshooting.md" with { type: "text" };
import upgrade from "./upgrade.md" with { type: "text" };

const texts: Record<Topic, string> = {
	install,
	configure,
	operate,
	"backup-and-restore": backupAndRestore,
	upgrade,
	transfer,
	moderation,
	troubleshooting,
	search,
	pictures,
	api,
	clients,
	testing,
	security,
	performance,
	glossary,
	changelog,
};

/** A page: its Markdown, the title of its heading, and its first paragraph, which is one sentence. */
export type Page = { topic: Topic; title: string; summary: string; markdown: string };

export const pages: readonly Page[] = topics.map((topic) => {
	const markdown = texts[topic];
	const [heading = "", summary = ""] = markdown.split("\n\n", 2);
	return { topic, title: heading.replace("# ", ""), summary: summary.replaceAll("\n", " "), markdown };
});

export const pageOf = (topic: Topic) => pages[topics.indexOf(topic)] as Page;
