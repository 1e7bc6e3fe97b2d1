import { behindAdvice, type Clock } from "../../core/clock";
import type { BackupState } from "../backup/service";
import type { Finding } from "./finding";

// What only a server knows that runs.

/** `address` is who sent `X-Forwarded-For` and is not trusted. */
export const proxyFound = (address: string | null): Finding =>
	address === null
		? { check: "proxy", severity: "ok", message: "No proxy came by that is not trusted.", remedy: null, fixable: false }
		: {
				check: "proxy",
				severity: "warning",
				message: `Requests with X-Forwarded-For come from ${address}, which is not trusted: all of them count as one.`,
				remedy: `If that is your proxy: TRUSTED_PROXIES=${address}`,
				fixable: false,
			};

/** A clock that is wrong only to a server, which knows for how long it has run. */
export function clockFound(clock: Pick<Clock, "state" | "summary">): Finding[] {
	const state = clock.state();
	if (state === "right") return [];
	const remedy =
		state === "behind" ? behindAdvice : "If it is wrong, set it, by NTP. Otherwise there is nothing to do.";
	const severity = state === "behind" ? "error" : "notice";
	return [{ check: "clock", severity, message: clock.summary(), remedy, fixable: false }];
}

export const failedBackup = ({ name, state, error }: BackupState): Finding[] =>
	state === "failed"
		? [
				{
					check: "backups",
					severity: "error",
					message: `The last backup, ${name}, failed: ${error}`,
					remedy: "Mend that, then make another: minifeed backup.",
					fixable: false,
				},
			]
		: [];
