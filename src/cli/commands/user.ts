import { Argument, type Command, Option } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, count, json } from "./definition";

/** Loads the implementation of these commands. */
const load = () => import("../user");

export function addUser(root: Command, terminal: Terminal) {
	const user = command(root, "user", "list and manage accounts; <name> is a username or an e-mail address", [
		"minifeed user list",
		"minifeed user create ada --email ada@example.com --role admin",
		"minifeed user suspend mallory",
	]);
	addAccounts(user, terminal);
	addSignIn(user, terminal);
	addStates(user, terminal);
}

function addAccounts(user: Command, terminal: Terminal) {
	command(user, "list", "list all accounts, the oldest first", ["minifeed user list", "minifeed user list --json"])
		.addOption(json())
		.action(async (options) => (await load()).listUsers(terminal, options));

	command(user, "create", "create an account; enter the password at the prompt or on standard input", [
		"minifeed user create ada --email ada@example.com --role admin",
		"minifeed user create bot --email bot@example.com < password.txt",
	])
		.argument("<name>", "3 to 30 letters a to z, digits or underscores")
		.requiredOption("--email <address>", "the e-mail address")
		.option("--display-name <name>", "the name shown to others (default: the username)")
		.addOption(new Option("--role <role>", "the role").choices(["user", "admin"] as const).default("user" as const))
		.addOption(json())
		.action(async (name, options) => (await load()).createUser(terminal, name, options));

	command(user, "role", "give an account the role admin or user, at once", ["minifeed user role ada admin"])
		.argument("<name>")
		.addArgument(new Argument("<role>").choices(["user", "admin"] as const))
		.addOption(json())
		.action(async (name, role, options) => (await load()).setRole(terminal, name, role, options));
}

function addSignIn(user: Command, terminal: Terminal) {
	command(user, "password", "set a new password and end all sessions of the user", [
		"minifeed user password ada",
		"minifeed user password ada < password.txt",
	])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).setPassword(terminal, name, options));

	command(user, "reset-link", "create a link for setting a new password, valid for a day", [
		"minifeed user reset-link ada",
		"PUBLIC_URL=https://feed.example minifeed user reset-link ada --json",
	])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).resetLink(terminal, name, options));

	command(user, "invite", "create an invitation link, for registering while registration is not open", [
		"minifeed user invite",
		"minifeed user invite --uses 20 --days 30 --json",
	])
		.addOption(count("--uses <number>", "number of accounts that it can create", { fallback: 1, min: 1, max: 1000 }))
		.addOption(count("--days <number>", "days until it expires", { fallback: 7, min: 1, max: 365 }))
		.addOption(json())
		.action(async (options) => (await load()).invite(terminal, options));
}

function addStates(user: Command, terminal: Terminal) {
	command(user, "approve", "approve a pending account; `user delete` rejects it", ["minifeed user approve ada"])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).unsuspend(terminal, name, options));

	command(user, "suspend", "end all sessions of a user and refuse new ones; their content stays", [
		"minifeed user suspend mallory",
	])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).suspend(terminal, name, options));

	// The old name `restore` works for one more release.
	for (const name of ["unsuspend", "restore"])
		command(user, name, "let a suspended user sign in again", ["minifeed user unsuspend mallory"], name === "restore")
			.argument("<name>")
			.addOption(json())
			.action(async (name, options) => (await load()).unsuspend(terminal, name, options));

	command(user, "undelete", "restore a deleted account and its content, within TRASH_DAYS", [
		"minifeed user undelete ada",
	])
		.argument("<name>", "the former username or e-mail address, or the id")
		.addOption(json())
		.action(async (name, options) => (await load()).undelete(terminal, name, options));

	command(user, "delete", "delete an account and its content; `user undelete` restores it within TRASH_DAYS", [
		"minifeed user delete mallory",
		"minifeed user delete mallory --yes",
		"minifeed user delete mallory --permanent",
	])
		.argument("<name>")
		.option("--permanent", "delete permanently; nothing can restore the account")
		.addOption(new Option("--for-ever").hideHelp().implies({ permanent: true })) // the old name, for one more release
		.option("-y, --yes", "do not ask for confirmation")
		.addOption(json())
		.action(async (name, options) => (await load()).deleteUser(terminal, name, options));
}
