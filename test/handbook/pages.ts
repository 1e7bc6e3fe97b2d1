import { join } from "node:path";
import { topics } from "../../src/handbook/topics";

export const root = join(import.meta.dir, "../..");

export const readme = await Bun.file(join(root, "README.md")).text();

export const textOf = (topic: string) => Bun.file(join(root, `src/handbook/${topic}.md`)).text();

/** The code blocks of a language, in their order. */
export const blocksOf = (markdown: string, language: string) =>
	[...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, block = ""]) => block);

/** A page whose `sh` blocks call a server. Those of the other pages are commands of an operator. */
export const isOfApi = (topic: string) => ["api", "pictures", "security", "search", "clients"].includes(topic);

/** The whole handbook by topic. */
export const handbook = async () =>
	new Map(await Promise.all(topics.map(async (topic) => [topic as string, await textOf(topic)] as const)));
