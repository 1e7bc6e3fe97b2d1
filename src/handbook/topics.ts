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

/** The topic with this name or this first word: `backup` is `backup-and-restore`. */
export const findTopic = (name: string): Topic | undefined =>
	topics.find((topic) => topic === name || topic.split("-")[0] === name);
