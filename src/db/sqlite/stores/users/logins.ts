import { eq, or } from "drizzle-orm";
import type { UserStore } from "../../../../accounts/users/store";
import { fold } from "../../../../core/fold";
import { lazily } from "../../../../core/lazily";
import type { Db } from "../../query/atomic";
import { parameter } from "../../query/parameter";
import { users } from "../../schema";

const login = parameter("login");
/** A folded username or e-mail address. */
export const isLogin = or(eq(users.username, login), eq(users.emailKey, login));

type Logins = Pick<UserStore, "idByLogin" | "credentialsByLogin" | "credentialsById" | "hasAdmin">;

export function logins(db: Db): Logins {
	const credentials = () => db.select({ id: users.id, passwordHash: users.passwordHash }).from(users);
	const byId = lazily(() =>
		credentials()
			.where(eq(users.id, parameter("id")))
			.prepare(),
	);
	const byLogin = lazily(() => credentials().where(isLogin).prepare());
	// One row with and without an account, so that both take the same path.
	const idByLogin = lazily(() =>
		db.$client.prepare<{ id: string | null }, { login: string }>(
			"SELECT (SELECT id FROM users WHERE username = $login OR email_key = $login) AS id",
		),
	);
	// Without drizzle, because each start runs it. The same condition as `isActiveAdmin`.
	const activeAdmin = lazily(() =>
		db.$client.prepare(
			"SELECT 1 FROM users WHERE role = 'admin' AND suspended_at IS NULL AND pending_since IS NULL LIMIT 1",
		),
	);

	return {
		async idByLogin(login) {
			return idByLogin().get({ login: fold(login) })?.id ?? null;
		},

		async credentialsByLogin(login) {
			return byLogin().get({ login: fold(login) }) ?? null;
		},

		async credentialsById(id) {
			return byId().get({ id }) ?? null;
		},

		async hasAdmin() {
			return activeAdmin().get() !== null;
		},
	};
}
