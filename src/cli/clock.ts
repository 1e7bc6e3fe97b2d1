import { loadConfig } from "../config/config";
import { OperatorError } from "../core/errors";
import { print, printJson, type Terminal } from "../core/terminal";
import { openShared } from "../instance/open";

/** Accepts the current time although the database has later times. A running server notices within a second. */
export async function acceptClock(terminal: Terminal, { json }: { json?: true }) {
	const { clock, close } = openShared(loadConfig(terminal.env), { create: false });
	try {
		clock.accept();
		const now = clock.now().toISOString();
		if (json) return printJson(terminal, { accepted: now });
		print(terminal, `Accepted: it is ${now}. The server now ignores later times in the database.`);
	} catch (error) {
		throw error instanceof RangeError ? new OperatorError(`${error.message} Set the clock with NTP.`) : error;
	} finally {
		await close();
	}
}
