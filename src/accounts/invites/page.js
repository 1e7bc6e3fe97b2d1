const $ = (id) => document.getElementById(id);
const [, purpose, token] = /^#(reset|invite|admin)=([\w-]+)$/.exec(location.hash) ?? [];
const isReset = purpose === "reset";
const say = (title, text) => {
	$("title").textContent = document.title = title;
	$("text").textContent = text;
};
const beginnings = {
	reset: ["Choose a new password", "You will be signed out everywhere."],
	invite: ["Make your account", `You are invited to ${location.host}.`],
	admin: [
		"Make the administrator account",
		`An administrator of ${location.host} approves and suspends accounts, and makes backups.`,
	],
};
const ends = {
	reset: () => ["Your password is changed", "Sign in with the new password."],
	invite: (name) => ["Your account is ready", `Sign in as ${name}, with your password.`],
	admin: (name) => ["You are the administrator", `Sign in as ${name}, with your password. Then you can invite people.`],
};
const post = (path, body) =>
	fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }).catch(
		() => null,
	);
if (token) {
	say(...beginnings[purpose]);
	$("names").hidden = isReset;
	$("username").required = $("email").required = !isReset;
	$("form").hidden = false;
}
$("form").addEventListener("submit", async (event) => {
	event.preventDefault();
	const password = $("password").value;
	const body = isReset
		? { token, new_password: password }
		: { username: $("username").value, email: $("email").value, password, invite: token };
	const response = await post(isReset ? "/auth/reset" : "/auth/register", body);
	if (!response) return say($("title").textContent, "The server does not answer. Try again.");
	if (response.ok) {
		$("form").hidden = true;
		$("next").hidden = false;
		history.replaceState(null, "", location.pathname);
		if (isReset) return say(...ends.reset());
		const { user, refresh_token } = await response.json();
		say(...ends[purpose](user.username));
		return post("/auth/logout", { refresh_token }); // nothing here would use the session
	}
	const { detail = "", errors = [] } = await response.json().catch(() => ({}));
	const rules = errors.map(({ pointer, detail }) => `${pointer.slice(1).replace("new_", "")}: ${detail}`);
	say($("title").textContent, rules.length ? rules.join(" ") : detail);
});
