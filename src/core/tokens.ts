import type { TokenHash } from "./caller";
import { random, sha256 } from "./crypto";

/** Begins every personal access token, so that people, and programs that look for leaked secrets, recognise one. */
export const personalPrefix = "mf_";

/** 256 bits of chance, in characters that URLs take. */
export const randomToken = () => random(32).toString("base64url");

/** Tokens have 256 random bits, so a fast hash is enough. */
export const hashOf = (token: string): TokenHash => sha256(token);

/** Characters of an access token. Ours have about 350; a personal one has 46. Longer ones are refused unread. */
export const maxTokenLength = 1024;
