import type { UserStore } from "../../../accounts/users/store";
import type { Db } from "../query/atomic";
import type { Cursors } from "../query/cursor";
import type { Removal } from "./trash/removal";
import { accountById, accountList, accountLookups } from "./users/accounts";
import { accountManagement, profileChanges, registration } from "./users/changes";
import { logins } from "./users/logins";
import { nameSearch } from "./users/names";

export function userStore(db: Db, cursors: Cursors, removal: Removal): UserStore {
	const byId = accountById(db);
	return {
		...accountLookups(db, byId),
		...accountList(db, cursors),
		...logins(db),
		...nameSearch(db, cursors),
		...registration(db),
		...profileChanges(db, byId),
		...accountManagement(db, removal),
	};
}
