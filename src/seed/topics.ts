import { sectionsOf } from "./corpus";
import baking from "./corpus/baking.txt" with { type: "text" };
import books from "./corpus/books.txt" with { type: "text" };
import cooking from "./corpus/cooking.txt" with { type: "text" };
import cycling from "./corpus/cycling.txt" with { type: "text" };
import films from "./corpus/films.txt" with { type: "text" };
import garden from "./corpus/garden.txt" with { type: "text" };
import hosting from "./corpus/hosting.txt" with { type: "text" };
import life from "./corpus/life.txt" with { type: "text" };
import making from "./corpus/making.txt" with { type: "text" };
import music from "./corpus/music.txt" with { type: "text" };
import nature from "./corpus/nature.txt" with { type: "text" };
import pets from "./corpus/pets.txt" with { type: "text" };
import running from "./corpus/running.txt" with { type: "text" };
import travel from "./corpus/travel.txt" with { type: "text" };
import weather from "./corpus/weather.txt" with { type: "text" };
import work from "./corpus/work.txt" with { type: "text" };

/**
 * A subject of posts. `[a|b]` is one of both, `{dish}` a word of that kind (see corpus/words.txt): the same one throughout
 * a post and the comments on it, so that they talk of the same thing.
 */
export type Topic = {
	/** For bios: "Bakes." */
	hobby: string;
	tags: string[];
	emoji: string[];
	titles: string[];
	/** What a post begins with. */
	say: string[];
	/** What may follow anything of `say`. */
	more: string[];
	/** Questions, each with its answers. */
	ask: Record<string, string[]>;
	/** Comments. After `=>` is what the author of the post answers. */
	replies: string[];
	/** Only for those who have a pet. */
	needsPet?: true;
};

type Section = "hobby" | "tags" | "emoji" | "titles" | "say" | "more" | "ask" | "replies";

function topicOf(text: string): Topic {
	const { hobby, tags, emoji, ask, ...sentences } = sectionsOf<Section>(text);
	const words = (lines: string[]) => lines.join(" ").split(" ");
	return { hobby: hobby.join(" "), tags: words(tags), emoji: words(emoji), ask: questionsOf(ask), ...sentences };
}

/** A line is a question; the lines with a dash below it are its answers. */
function questionsOf(lines: string[]): Record<string, string[]> {
	const found: Record<string, string[]> = {};
	let answers: string[] = [];
	for (const line of lines) {
		if (line.startsWith("- ")) answers.push(line.slice(2));
		else {
			answers = [];
			found[line] = answers;
		}
	}
	return found;
}

/** The seed picks from them by their order. */
export const topics = {
	cooking: topicOf(cooking),
	baking: topicOf(baking),
	books: topicOf(books),
	travel: topicOf(travel),
	garden: topicOf(garden),
	hosting: topicOf(hosting),
	music: topicOf(music),
	running: topicOf(running),
	cycling: topicOf(cycling),
	pets: { ...topicOf(pets), needsPet: true },
	weather: topicOf(weather),
	work: topicOf(work),
	films: topicOf(films),
	nature: topicOf(nature),
	making: topicOf(making),
	life: topicOf(life),
} satisfies Record<string, Topic>;
