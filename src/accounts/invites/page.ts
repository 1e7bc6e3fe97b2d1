import { Elysia } from "elysia";

/**
 * The page that one-time links lead to, for those whose front end has none. The token stands behind `#`, so the server
 * learns it only when somebody sends the form.
 */
const html = (frontEnd: string | null) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Mini Social Feed</title>
<link rel="stylesheet" href="/link/style.css">
<link rel="icon" href="data:,">
<script src="/link/start.js" defer></script>
</head>
<body>
<main>
<h1 id="title">This link leads nowhere</h1>
<p id="text" role="status">Ask whoever gave it to you for another one.</p>
<form id="form" hidden>
<div id="names" hidden>
<label>Username <input id="username" autocomplete="username" autocapitalize="none" spellcheck="false"></label>
<label>E-mail address <input id="email" type="email" autocomplete="email"></label>
</div>
<label>Password <input id="password" type="password" autocomplete="new-password" required></label>
<button>Send</button>
</form>
<p id="next" hidden>${frontEnd ? `<a href="${Bun.escapeHTML(frontEnd)}">Go to ${Bun.escapeHTML(new URL(frontEnd).host)}</a>` : apps}</p>
<noscript>This page needs JavaScript.</noscript>
</main>
</body>
</html>
`;

/** For a server whose CORS_ORIGINS names no front end. */
const apps =
	"Use this account in any app that is made for this server. " +
	'Without one, you can sign in on <a href="/docs">the documentation page</a>.';

const script = `const $ = (id) => document.getElementById(id);
const [, purpose, token] = /^#(reset|invite|admin)=([\\w-]+)$/.exec(location.hash) ?? [];
const isReset = purpose === "reset";
const say = (title, text) => {
	$("title").textContent = document.title = title;
	$("text").textContent = text;
};
const beginnings = {
	reset: ["Choose a new password", "You will be signed out everywhere."],
	invite: ["Make your account", "You are invited to " + location.host + "."],
	admin: ["Make the administrator account", "An administrator of " + location.host + " approves and suspends accounts, and makes backups."],
};
const ends = {
	reset: () => ["Your password is changed", "Sign in with the new password."],
	invite: (name) => ["Your account is ready", "Sign in as " + name + ", with your password."],
	admin: (name) => ["You are the administrator", "Sign in as " + name + ", with your password. Then you can invite people."],
};
const post = (path, body) =>
	fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }).catch(() => null);
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
	const rules = errors.map(({ pointer, detail }) => pointer.slice(1).replace("new_", "") + ": " + detail);
	say($("title").textContent, rules.length ? rules.join(" ") : detail);
});
`;

const style = `body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; background: #f4f4f2; color: #222 }
main { max-width: 24rem; margin: 12vh auto 0; padding: 2rem; background: #fff; border-radius: .75rem }
h1 { font-size: 1.4rem; margin: 0 }
label { display: block; margin: 1rem 0; font-weight: 600 }
input, button { display: block; box-sizing: border-box; width: 100%; font: inherit; padding: .6rem .7rem; margin-top: .25rem }
input { border: 1px solid #999; border-radius: .4rem }
a { color: inherit }
button { border: 0; border-radius: .4rem; background: #1d4ed8; color: #fff; font-weight: 600; cursor: pointer }
@media (prefers-color-scheme: dark) {
	body { background: #111; color: #eee }
	main { background: #1d1d1d }
	input { background: #111; color: #eee; border-color: #666 }
}
`;

const policy =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'";

const hidden = { detail: { hide: true } };
const file =
	(body: string, type: string, headers = {}) =>
	() =>
		new Response(body, { headers: { "content-type": `${type}; charset=utf-8`, ...headers } });

/** The first origin that browsers may call from is the front end, but for those of developers on their own machine. */
const frontEndOf = (origins: string[]) =>
	origins.find((origin) => origin !== "*" && !/^(localhost|127\.|\[::1\])/.test(new URL(origin).hostname)) ?? null;

export const linkPage = (corsOrigins: string[]) =>
	new Elysia({ name: "http.link" })
		.get("/link", file(html(frontEndOf(corsOrigins)), "text/html", { "content-security-policy": policy }), hidden)
		.get("/link/start.js", file(script, "text/javascript"), hidden)
		.get("/link/style.css", file(style, "text/css"), hidden);
