import type { TokenHash } from "./caller";
import { random, sha256 } from "./crypto";

/** The prefix of personal access tokens. People and secret scanners recognise them by it. */
export const personalPrefix = "mf_";

/** 256 random bits, in characters that URLs allow. */
export const randomToken = () => random(32).toString("base64url");

/** Tokens have 256 random bits, so a fast hash is enough. */
export const hashOf = (token: string): TokenHash => sha256(token);

/** Characters of an access token. A JWT of the server has about 350, a personal token 46. The server refuses longer ones unread. */
export const maxTokenLength = 1024;
