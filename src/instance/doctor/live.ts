import { behindAdvice, type Clock } from "../../core/clock";
import type { BackupState } from "../backup/service";
import type { Finding } from "./finding";

// Findings that only a running server knows.

/** `address` sent `X-Forwarded-For`, but is not in TRUSTED_PROXIES. */
export const proxyFound = (address: string | null): Finding =>
	address === null
		? { check: "proxy", severity: "ok", message: "No untrusted proxy has sent requests.", remedy: null, fixable: false }
		: {
				check: "proxy",
				severity: "warning",
				message: `${address} sends X-Forwarded-For, but is not trusted. All its clients share one rate limit.`,
				remedy: `If ${address} is your reverse proxy, set TRUSTED_PROXIES=${address}`,
				fixable: false,
			};

/** A running server notices steps of the clock, because it knows its own uptime. */
export function clockFound(clock: Pick<Clock, "state" | "summary">): Finding[] {
	const state = clock.state();
	if (state === "right") return [];
	const remedy = state === "behind" ? behindAdvice : "If the clock is wrong, set it with NTP.";
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
					remedy: "Fix the cause, then run minifeed backup.",
					fixable: false,
				},
			]
		: [];
