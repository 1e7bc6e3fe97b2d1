import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { actions } from "../accounts/audit/store";
import { exit, print, printJson, type Terminal } from "../core/terminal";
import { harmless } from "../core/text";
import { commit, name, version } from "../core/version";

/** Runs the command that the arguments name, and gives its exit code. Prints help and complaints about the arguments. */
export async function runCommand(args: string[], terminal: Terminal): Promise<number> {
	let code: number = exit.done;
	try {
		const leave = (found: number) => {
			code = found;
		};
		await program(terminal, leave).parseAsync(args, { from: "user" });
		return code;
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return error.exitCode === 0 ? exit.done : exit.misused;
	}
}

// Each command loads what it needs when it runs: `healthcheck` runs twice a minute, and only `seed` needs the words of `seed`.
function program(terminal: Terminal, leave: (code: number) => void) {
	const root = new Command("minifeed")
		.description("A small social network, self-hosted: one program, one SQLite file.")
		.version(name, "-V, --version", "print version and commit")
		.helpOption("-h, --help", "explain the program, or a command")
		.configureOutput({
			writeOut: (text) => terminal.stdout.write(harmless(text)),
			writeErr: (text) => terminal.stderr.write(harmless(text)),
		})
		.showHelpAfterError("Add --help to read how it is used.")
		.exitOverride()
		.addHelpText(
			"after",
			`
Configuration comes from environment variables or a file .env here; \`minifeed config\` shows it.
Every command but \`restore\` without \`--wait\`, \`rollback\` and \`import\` of an instance works while the server runs. Exit codes: 0 done, 1 refused (standard error says why), 2 called wrongly.

Examples:
  minifeed
  minifeed user create ada --email ada@example.com --role admin
  minifeed seed --users 50 --posts 500`,
		);

	command(root, "serve", "serve the API until SIGTERM or SIGINT; what happens without a command", [
		"minifeed serve",
		"PORT=9000 DATA_DIR=/srv/minifeed minifeed serve",
	]).action(async () => (await import("../server/start")).serve(terminal));

	users(root, terminal);

	command(
		root,
		"seed",
		"add a believable small community; same numbers, same community. Interrupted, it leaves a part",
		["minifeed seed", "DATA_DIR=/tmp/try minifeed seed --users 1000 --posts 50000 --seed 7"],
	)
		.addOption(count("--users <number>", "people to make", { fallback: 100, min: 1, max: 100_000 }))
		.addOption(count("--posts <number>", "posts they write", { fallback: 1_000, min: 0, max: 5_000_000 }))
		.addOption(
			count("--seed <number>", "another number makes another community", { fallback: 1, min: 0, max: 2 ** 32 - 1 }),
		)
		.option("-y, --yes", "do not ask, even where people have accounts already")
		.addOption(json())
		.action(async (options) => (await import("./seed")).seedDatabase(terminal, options));

	command(root, "config", "show every option as the server sees it, secrets masked", [
		"minifeed config",
		"PORT=9000 minifeed config --json",
	])
		.addOption(json())
		.action(async (options) => (await import("./config")).showConfig(terminal, options));

	command(root, "openapi", "print the OpenAPI document", ["minifeed openapi > openapi.json"]).action(async () =>
		(await import("./openapi")).printOpenapi(terminal),
	);

	command(root, "healthcheck", "ask the server of this configuration whether it is ready, for containers", [
		"minifeed healthcheck",
		"PORT=9000 minifeed healthcheck",
	]).action(async () => (await import("./healthcheck")).healthcheck(terminal));

	command(root, "doctor", "look for what is wrong, beside the server, and say how it is mended", [
		"minifeed doctor",
		"minifeed doctor --fix",
		"minifeed doctor --json",
	])
		.option("--fix", "mend what can be mended without a risk, and say what that was")
		.addOption(json())
		.addOption(new Option("--of-server").hideHelp()) // for the server, which runs this with its own environment
		.addHelpText("after", "\nExit codes: 0 all is well, 3 warnings, 4 errors.")
		.action(async (options) => leave(await (await import("./doctor")).doctor(terminal, options)));

	const migrate = command(root, "migrate", "bring the database up to date; a start of the server does it too", [
		"minifeed migrate status",
		"minifeed migrate apply",
	]);
	command(migrate, "status", "list the migrations, applied and pending, and change nothing", [
		"minifeed migrate status",
	])
		.addOption(json())
		.action(async (options) => (await import("./migrate")).migrationStatus(terminal, options));
	command(migrate, "apply", "apply what is pending", ["minifeed migrate apply"])
		.addOption(json())
		.action(async (options) => (await import("./migrate")).applyMigrations(terminal, options));

	command(root, "backup", "save everything into one file, beside the server; it is as secret as the data", [
		"minifeed backup",
		"minifeed backup /mnt/usb/minifeed.tar.zst --json",
	])
		.argument("[file]", "where; by default a name with the time, in backups/ in DATA_DIR")
		.addOption(json())
		.addOption(new Option("--until-input-ends").hideHelp()) // for the server, which runs this
		.action(async (file, options) => (await import("./backup")).backup(terminal, file, options));

	command(root, "restore", "put back what a backup has, when no server runs; what was there before is kept", [
		"minifeed restore data/backups/minifeed-2026-11-23T04-05-06Z.tar.zst --dry-run",
		"minifeed restore minifeed.tar.zst",
		"minifeed restore minifeed.tar.zst --wait",
		"minifeed restore --undo",
		"minifeed restore --discard-previous",
	])
		.argument("[file]", "a file that `minifeed backup` made")
		.option("--dry-run", "read all of it, say what would happen, and change nothing")
		.option(
			"--wait",
			"do all but the exchange while a server runs, which people can only read; then wait until it stops",
		)
		.option("--undo", "put back what the last restore or rollback took away")
		.option("--discard-previous", "delete what restores and rollbacks took away")
		.addOption(json())
		.action(async (file, options, command) => {
			const { dryRun, wait, undo, discardPrevious } = options;
			const isOne = [file, undo, discardPrevious].filter(Boolean).length === 1;
			if (!isOne || ((dryRun || wait) && !file) || (dryRun && wait))
				command.error(
					"error: name one file, which --dry-run or --wait goes with, or say either --undo or --discard-previous",
				);
			await (await import("./restore")).restore(terminal, file, options);
		});

	command(root, "rollback", "go back to before the last upgrade, when no server runs; then start the older version", [
		"minifeed rollback --dry-run",
		"minifeed rollback",
	])
		.option("--dry-run", "say what would happen, and change nothing")
		.addOption(json())
		.action(async (options) => (await import("./rollback")).rollback(terminal, options));

	command(
		root,
		"export",
		"write everything into a new folder, as JSON lines and files for other programs, beside the server",
		["minifeed export /mnt/usb/feed", "minifeed export feed --json"],
	)
		.argument("<dir>", "a folder that is not there yet, or empty; it will be as secret as the data")
		.addOption(json())
		.action(async (directory, options) => (await import("./export")).exportAll(terminal, directory, options));

	command(
		root,
		"import",
		"make an instance of an exported one, when no server runs; or add what one person took along",
		[
			"DATA_DIR=/srv/minifeed minifeed import /mnt/usb/feed --dry-run",
			"DATA_DIR=/srv/minifeed minifeed import /mnt/usb/feed",
			"minifeed import minifeed-ada-2026-11-23.zip --as ada",
		],
	)
		.argument("<source>", "a folder that `minifeed export` wrote, while nobody has an account; or a ZIP, with --as")
		.option("--as <name>", "whose the ZIP is to be that somebody got of another instance; beside the server")
		.option("--dry-run", "read all of it, say what would happen, and change nothing")
		.addOption(json())
		.action(async (source, options) => (await import("./import")).importFrom(terminal, source, options));

	command(root, "maintenance", "let nobody write for a while, and everybody read; survives a restart", [
		'minifeed maintenance on --message "Back at six"',
		"minifeed maintenance off",
	])
		.addArgument(new Argument("<what>").choices(["on", "off", "status"] as const))
		.option("--message <text>", "what is told to those who try")
		.addOption(json())
		.action(async (what, options) => (await import("./maintenance")).setMaintenance(terminal, what, options));

	const clock = command(root, "clock", "let people write again after a wrong clock", ["minifeed clock accept"]);
	command(clock, "accept", "say that the clock is right now, although the database has later times", [
		"minifeed clock accept",
	])
		.addOption(json())
		.action(async (options) => (await import("./clock")).acceptClock(terminal, options));

	const media = command(root, "media", "see and tidy the files of pictures", [
		"minifeed media usage",
		"minifeed media sweep --dry-run",
	]);
	command(media, "usage", "list what the pictures of each person take, the most first", ["minifeed media usage --json"])
		.addOption(json())
		.action(async (options) => (await import("./media")).mediaUsage(terminal, options));
	command(media, "sweep", "delete files that belong to nothing; the server does it at its start and once a day", [
		"minifeed media sweep --dry-run",
		"minifeed media sweep",
	])
		.option("--dry-run", "only count, and change nothing")
		.addOption(json())
		.action(async (options) => (await import("./media")).sweepMedia(terminal, options));

	command(root, "audit", "read what happened to accounts, the newest first", [
		"minifeed audit",
		"minifeed audit --user mallory --action sign_in_failed --limit 500",
	])
		.addOption(count("--limit <number>", "how many", { fallback: 50, min: 1, max: 10_000 }))
		.addOption(new Option("--action <action>", "only of this kind").choices(actions))
		.option("--user <name>", "only what this person did, and what was done to them")
		.addOption(json())
		.action(async (options) => (await import("./audit")).showAudit(terminal, options));

	command(root, "version", "print version and commit", ["minifeed version --json"])
		.addOption(json())
		.action(({ json }) => (json ? printJson(terminal, { version, commit, bun: Bun.version }) : print(terminal, name)));
	return root;
}

function users(root: Command, terminal: Terminal) {
	const user = command(root, "user", "see and manage accounts; NAME is a username or an e-mail address", [
		"minifeed user list",
		"minifeed user create ada --email ada@example.com --role admin",
		"minifeed user suspend mallory",
	]);
	const load = () => import("./user");

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

	command(user, "approve", "let somebody in who waits for it; `user delete` refuses them", [
		"minifeed user approve ada",
	])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).restore(terminal, name, options));

	command(user, "suspend", "sign somebody out everywhere and let them sign in no more; what they wrote stays", [
		"minifeed user suspend mallory",
	])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).suspend(terminal, name, options));

	command(user, "restore", "let a suspended person sign in again", ["minifeed user restore mallory"])
		.argument("<name>")
		.addOption(json())
		.action(async (name, options) => (await load()).restore(terminal, name, options));

	command(user, "undelete", "bring back a deleted account and all it made, within UNDO_DAYS", [
		"minifeed user undelete ada",
	])
		.argument("<name>", "what the account was called, its e-mail address, or its id")
		.addOption(json())
		.action(async (name, options) => (await load()).undelete(terminal, name, options));

	command(user, "delete", "delete an account and all it made; `user undelete` brings it back within UNDO_DAYS", [
		"minifeed user delete mallory",
		"minifeed user delete mallory --yes",
		"minifeed user delete mallory --for-ever",
	])
		.argument("<name>")
		.option("--for-ever", "leave nothing to bring back")
		.option("-y, --yes", "do not ask")
		.addOption(json())
		.action(async (name, options) => (await load()).deleteUser(terminal, name, options));
}

const command = (parent: Command, name: string, description: string, examples: string[]) =>
	parent
		.command(name)
		.description(description)
		.addHelpText("after", `\nExamples:\n${examples.map((line) => `  ${line}`).join("\n")}`);

const json = () => new Option("--json", "print JSON, for programs");

type Range = { fallback: number; min: number; max: number };

const count = <Flags extends string>(flags: Flags, description: string, { fallback, min, max }: Range) =>
	new Option(flags, `${description} (${min} to ${max})`).default(fallback).argParser((text): number => {
		const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
		if (number >= min && number <= max) return number;
		throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
	});
