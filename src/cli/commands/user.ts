import { Argument, type Command, Option } from "@commander-js/extra-typings";
import type { Terminal } from "../../core/terminal";
import { command, count, json } from "./definition";

/** Loads the work of all these commands. */
const load = () => import("../user");

export function addUser(root: Command, terminal: Terminal) {
	const user = command(root, "user", "see and manage accounts; NAME is a username or an e-mail address", [
		"minifeed user list",
		"minifeed user create ada --email ada@example.com --role admin",
		"minifeed user suspend mallory",
	]);
	addAccounts(user, terminal);
	addSignIn(user, terminal);
	addStates(user, terminal);
}

function addAccounts(user: Command, terminal: Terminal) {
	command(user, "list", "list everybody, the oldest account first", ["minifeed user list", "minifeed user list --json"])
		.addOption(json())
		.action(async (options) => (await load()).listUsers(terminal, options));

	command(user, "create", "make an account; the password is asked for, or read from standard input", [
		"minifeed user create ada --email ada@example.com --role admin",
		"minifeed user create bot --email bot@example.com < password.txt",
	])
		.argument("<name>", "3 to 30 letters a to z, digits or underscores")
		.requiredOption("--email <address>", "their e-mail address")
		.option("--display-name <name>", "how they are shown; the username by default")
		.addOption(
			new Option("--role <role>", "what they may do").choices(["user", "admin"] as const).default("user" as const),
		)
		.addOption(json())
		.action(async (name, options) => (await load()).createUser(terminal, name, options));

	command(user, "role", "make somebody an admin, or an ordinary user again; counts at once", [
		"minifeed user role ada admin",
	])
		.argument("<name>")
		.addArgument(new Argument("<role>").choices(["user", "admin"] as const))
		.addOption(json())
		.action(async (name, role, options) => (await load()).setRole(terminal, name, role, options));
}

function addSignIn(user: Command, terminal: Terminal) {
	command(user, "password", "set a new password and sign them out everywhere", [
		"minifeed user password ada",
		"minifeed user password ada < password.txt",
	])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).setPassword(terminal, name, options));

	command(
		user,
		"reset-link",
		"make a link with which somebody who forgot their password chooses a new one, within a day",
		["minifeed user reset-link ada", "PUBLIC_URL=https://feed.example minifeed user reset-link ada --json"],
	)
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).resetLink(terminal, name, options));

	command(user, "invite", "make an invitation, with which one registers where not everybody may", [
		"minifeed user invite",
		"minifeed user invite --uses 20 --days 30 --json",
	])
		.addOption(count("--uses <number>", "how many may register with it", { fallback: 1, min: 1, max: 1000 }))
		.addOption(count("--days <number>", "how long it holds", { fallback: 7, min: 1, max: 365 }))
		.addOption(json())
		.action(async (options) => (await load()).invite(terminal, options));
}

function addStates(user: Command, terminal: Terminal) {
	command(user, "approve", "let somebody in who waits for it; `user delete` refuses them", [
		"minifeed user approve ada",
	])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).unsuspend(terminal, name, options));

	command(user, "suspend", "sign somebody out everywhere and let them sign in no more; what they wrote stays", [
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

	command(user, "undelete", "bring back a deleted account and all it made, within TRASH_DAYS", [
		"minifeed user undelete ada",
	])
		.argument("<name>", "what the account was called, its e-mail address, or its id")
		.addOption(json())
		.action(async (name, options) => (await load()).undelete(terminal, name, options));

	command(user, "delete", "delete an account and all it made; `user undelete` brings it back within TRASH_DAYS", [
		"minifeed user delete mallory",
		"minifeed user delete mallory --yes",
		"minifeed user delete mallory --permanent",
	])
		.argument("<name>")
		.option("--permanent", "delete now; nothing can bring the account back")
		.addOption(new Option("--for-ever").hideHelp().implies({ permanent: true })) // the old name, for one more release
		.option("-y, --yes", "do not ask")
		.addOption(json())
		.action(async (name, options) => (await load()).deleteUser(terminal, name, options));
}
