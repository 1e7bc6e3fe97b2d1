import type { BackupState } from "../backup/service";
import type { Finding } from "./finding";

// What only a server knows that runs.

/** `address` is who sent `X-Forwarded-For` and is not trusted. */
export const proxyFound = (address: string | null): Finding =>
	address === null
		? { check: "proxy", severity: "ok", message: "No proxy came by that is not trusted.", mend: null, fixable: false }
		: {
				check: "proxy",
				severity: "warning",
				message: `Requests with X-Forwarded-For come from ${address}, which is not trusted: all of them count as one.`,
				mend: `If that is your proxy: TRUSTED_PROXIES=${address}`,
				fixable: false,
			};

export const failedBackup = ({ name, state, error }: BackupState): Finding[] =>
	state === "failed"
		? [
				{
					check: "backups",
					severity: "error",
					message: `The last backup, ${name}, failed: ${error}`,
					mend: "Mend that, then make another: minifeed backup.",
					fixable: false,
				},
			]
		: [];
