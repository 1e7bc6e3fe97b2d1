import { Type } from "@sinclair/typebox";
import { Text } from "../../http/text";

/** Fields of an account and their rules. They apply to every way to make or change an account. */

export const username = Text({
	minLength: 3,
	maxLength: 30,
	pattern: "^[a-zA-Z0-9_]*$",
	description: "3 to 30 letters a to z, digits or underscores; the server stores lower case",
	examples: ["ada"],
});

const anyEmail = { minLength: 3, maxLength: 254, examples: ["ada@example.com"] };

/** Control characters, and format characters that are invisible or change the order of their neighbours. */
const hidden =
	"\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb";
export const email = Text({
	...anyEmail,
	pattern: `^ *[^\\s@${hidden}]+@[^\\s@${hidden}]+ *$`,
	description: "an e-mail address of at most 254 characters, none of them invisible",
});

/** The rule of earlier versions, so that their exports can be imported. */
export const importedEmail = Text({
	...anyEmail,
	pattern: "^\\s*[^\\s@\\u0000]+@[^\\s@\\u0000]+\\s*$",
	description: "an e-mail address of at most 254 characters",
});

export const displayName = Text({
	maxLength: 50,
	description:
		"at most 50 characters; line breaks and direction overrides are taken out, and a blank one is the username",
	examples: ["Ada Lovelace"],
});

export const bio = Text({
	maxLength: 500,
	description: "at most 500 characters",
	examples: ["I count on engines."],
});

export const Identity = Type.Object({ username, email, display_name: Type.Optional(displayName) });
