import { Type } from "@sinclair/typebox";
import { Text } from "../http/text";

/** What an account is made of, and the rule of each part: the same whoever makes or changes it. */

export const username = Text({
	minLength: 3,
	maxLength: 30,
	pattern: "^[a-zA-Z0-9_]*$",
	description: "3 to 30 letters a to z, digits or underscores; it is kept in lower case",
	examples: ["ada"],
});

export const email = Text({
	minLength: 3,
	maxLength: 254,
	pattern: "^\\s*[^\\s@\\u0000]+@[^\\s@\\u0000]+\\s*$",
	description: "an e-mail address of at most 254 characters",
	examples: ["ada@example.com"],
});

export const displayName = Text({
	maxLength: 50,
	description: "at most 50 characters; empty means the username",
	examples: ["Ada Lovelace"],
});

export const bio = Text({
	maxLength: 500,
	description: "at most 500 characters",
	examples: ["I count on engines."],
});

export const Identity = Type.Object({ username, email, display_name: Type.Optional(displayName) });
