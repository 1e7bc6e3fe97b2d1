import { loadConfig } from "../config/config";
import { OperatorError } from "../core/errors";
import { print, printJson, type Terminal } from "../core/terminal";
import { openShared } from "../instance/open";

/** The operator says that the clock is right, although the database has later times. A server sees it within a second. */
export async function acceptClock(terminal: Terminal, { json }: { json?: true }) {
	const { clock, close } = openShared(loadConfig(terminal.env), { create: false });
	try {
		clock.accept();
		const now = clock.now().toISOString();
		if (json) return printJson(terminal, { accepted: now });
		print(terminal, `Accepted: it is ${now}. Later times in the database say nothing about the clock any more.`);
	} catch (error) {
		throw error instanceof RangeError ? new OperatorError(`${error.message} Set the clock, by NTP.`) : error;
	} finally {
		await close();
	}
}
