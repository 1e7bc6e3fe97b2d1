import { sectionsOf } from "./corpus";
import text from "./corpus/conversation.txt" with { type: "text" };

type Section =
	/** First sentences of a post. */
	| "openers"
	/** First sentences of a later paragraph. */
	| "bridges"
	/** They follow a question. */
	| "asides"
	/** Comments that fit every post. */
	| "remarks"
	/** They follow a comment. */
	| "additions"
	/** Comments on a question, without an answer. */
	| "wonders"
	/** Answers of the author to a comment. */
	| "thanks"
	/** Answers of other people to a comment. */
	| "echoes"
	/** Later comments of a person who commented before. */
	| "returns"
	/** Comments of authors on their own posts, unasked. */
	| "postscripts"
	/** Last sentences of an edited post. */
	| "edits"
	/** Private posts. */
	| "notes"
	/** Posts in other languages than English. */
	| "foreign";

/** Sentences that fit every topic. */
export const conversation = sectionsOf<Section>(text);
