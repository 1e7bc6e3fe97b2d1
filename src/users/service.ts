import type { Passwords } from "../auth/passwords";
import type { Caller } from "../auth/store";
import { AppError, notFound } from "../errors";
import type { Account, UserStore } from "./store";

type Dependencies = { users: UserStore; passwords: Passwords; now: () => Date };

export type UserService = ReturnType<typeof userService>;

export const userService = ({ users, passwords, now }: Dependencies) => {
	const account = async (id: string): Promise<Account> => {
		const found = await users.accountById(id);
		if (!found) throw notFound("user");
		return found;
	};

	return {
		account,

		/** An empty display name goes back to the username. */
		async update(user: Caller, changes: { displayName?: string; bio?: string }): Promise<Account> {
			const displayName = changes.displayName === undefined ? undefined : changes.displayName.trim() || user.username;
			await users.update(user.id, {
				...changes,
				displayName,
				updatedAt: now(),
			});
			return account(user.id);
		},

		/** The password again, so that a token that got away cannot end the account. */
		async remove(user: Caller, password: string): Promise<void> {
			const credentials = await users.credentialsById(user.id);
			if (!(await passwords.verify(password, credentials?.passwordHash ?? null)))
				throw new AppError("unauthenticated", "The password is wrong.");
			await users.remove(user.id);
		},
	};
};
