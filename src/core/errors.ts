/** Error codes of the API. `http/problem.ts` owns the mapping to HTTP. */
export type ErrorCode =
	| "malformed"
	| "unauthenticated"
	| "forbidden"
	| "not_found"
	| "method_not_allowed"
	| "conflict"
	| "gone"
	| "too_large"
	| "unsupported_media"
	| "invalid"
	| "rate_limited"
	| "internal"
	| "busy"
	| "storage_full";

/** One broken rule of a request. `pointer` is a JSON Pointer into the body, or `/name` of a query parameter. */
export type FieldError = { pointer: string; detail: string };

/** The error that services throw. The caller sees `detail`, so it never contains input of the caller. */
export class AppError extends Error {
	override readonly name = "AppError";

	constructor(
		readonly code: ErrorCode,
		readonly detail: string,
		readonly more: {
			errors?: FieldError[];
			/** Seconds that a client should wait after `busy`. */
			retryAfter?: number;
		} = {},
	) {
		super(detail);
	}
}

/** An error in one line, for people at a terminal. */
export const formatError = ({ detail, more: { errors = [] } }: AppError) =>
	[detail, ...errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`)].join(" ");

export const notFound = (what: string) => new AppError("not_found", `There is no such ${what}.`);

/** One answer for an unknown name, a wrong password, and a password that changed while it was being compared. */
export const wrongLogin = () => new AppError("unauthenticated", "The username or the password is wrong.");
export const wrongPassword = () => new AppError("unauthenticated", "The password is wrong.");

export const credentialEnded = () =>
	new AppError("unauthenticated", "The access token is not valid, has expired or was revoked.");
export const waiting = () => new AppError("forbidden", "This account waits to be approved.");
export const adminsOnly = () => new AppError("forbidden", "Only administrators may do this.");

export const linkGone = () => new AppError("gone", "This link was used already, or has expired.");

export const invalid = (pointer: string, detail: string) =>
	new AppError("invalid", "Some fields are not valid.", { errors: [{ pointer, detail }] });

/** True when a write failed because the disk, or the disk quota of this user, is full. */
export const isDiskFull = (error: unknown) =>
	["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException | null)?.code ?? "");

/** Turns a failed write on a full disk into `storage_full`. Returns other errors unchanged. */
export const diskError = (error: unknown) =>
	isDiskFull(error) ? new AppError("storage_full", "The disk is full.") : error;

/** True when the process or the system has no file descriptor left. Closed connections give some back. */
const isOutOfDescriptors = (error: unknown) =>
	["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException | null)?.code ?? "");

/** The answer to an error of the operating system; null for any other error. */
export function systemFailure(error: unknown): AppError | null {
	if (isDiskFull(error)) return new AppError("storage_full", "The disk is full.");
	if (isOutOfDescriptors(error)) return new AppError("busy", "Too many files are open. Try again shortly.");
	return null;
}

/** An expected failure of a command. The CLI prints its message without a stack, with exit code 1. */
export class OperatorError extends Error {
	override readonly name = "OperatorError";
}

/** The disk has too little space, so the program did not begin to write. */
export class DiskSpaceError extends OperatorError {}

/** The data is corrupted, and the program changed nothing. The operator may need a backup. */
export class CorruptionError extends OperatorError {}
