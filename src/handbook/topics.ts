/** The pages of the handbook, in the order of its table of contents. Each is `NAME.md` beside this file. */
export const topics = [
	"install",
	"configure",
	"operate",
	"backup-and-restore",
	"upgrade",
	"transfer",
	"moderation",
	"troubleshooting",
	"search",
	"pictures",
	"api",
	"clients",
	"testing",
	"security",
	"performance",
	"glossary",
	"changelog",
] as const;
export type Topic = (typeof topics)[number];

export const firstWord = (topic: string): string => topic.replace(/-.*/, "");

/** The topic with this name or this first word: `backup` is `backup-and-restore`. */
export const exactTopic = (name: string): Topic | undefined =>
	topics.find((topic) => topic === name || firstWord(topic) === name);

export const topicsWithPrefix = (prefix: string): Topic[] =>
	prefix === "" ? [] : topics.filter((topic) => topic.startsWith(prefix));
