// Uses the documentation page as a person would, in a real browser. Not part of `bun test`, because it needs Chromium:
//   bun test/browser/docs.ts [screenshot.png]
// The screenshots of what it does later have the same name with a word before the end.
// CHROMIUM names the browser, by default /usr/bin/chromium.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { password } from "../support/app";
import { picture } from "../support/pictures";
import { program } from "../support/server";

type Image = { url: string; alt: string };

const screenshot = process.argv[2] ?? join(tmpdir(), "minifeed-docs.png");

let passed = 0;
let failed = 0;
function check(what: string, holds: boolean, detail: unknown = "") {
	holds ? passed++ : failed++;
	console.log(holds ? "  ok   " : "  FAIL ", what, holds ? "" : detail);
}

const server = program();
let browser: Browser | undefined;
try {
	const address = await server.address();
	await checkHeaders(address);

	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		args: [
			"--no-sandbox",
			"--disable-gpu",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			"--no-first-run",
		],
	});
	await usePage(await browser.newPage({ viewport: { width: 1280, height: 1600 } }), address);
	await useLinks(await browser.newPage(), server.directory);
} catch (error) {
	check("it runs to the end", false, error);
} finally {
	await browser?.close();
	await server.stop();
	server.remove();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** An invited guest, and a person who forgot their password, each from the link to the place where they go on. */
async function useLinks(page: Page, directory: string) {
	const made = (...args: string[]) => {
		const command = [process.execPath, join(import.meta.dir, "../../src/main.ts"), "user", ...args];
		const { stdout } = Bun.spawnSync(command, { cwd: directory, env: { PATH: process.env.PATH } });
		return stdout.toString().trim();
	};
	const shown = async (what: string, title: string, text: string) => {
		await page.getByRole("heading", { name: title }).waitFor({ timeout: 5_000 });
		const body = (await page.locator("main").textContent()) ?? "";
		check(what, body.includes(text), body);
	};
	const send = async (fields: Record<string, string>) => {
		for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
		await page.getByRole("button", { name: "Send" }).click();
	};

	await page.goto(made("invite"));
	await shown("an invitation says where to", "Make your account", `You are invited to ${new URL(page.url()).host}`);
	await send({ Username: "Grace", "E-mail address": "grace@example.com", Password: password });
	await shown("a guest learns their name", "Your account is ready", "Sign in as grace");
	await page.getByRole("link", { name: "the documentation page" }).click();
	check("a guest can go on", new URL(page.url()).pathname === "/docs", page.url());

	await page.goto(made("reset-link", "grace"));
	await shown("a reset link says what it does", "Choose a new password", "signed out everywhere");
	await send({ Password: "correct staple horse" });
	await shown("the new password is set", "Your password is changed", "Sign in with the new password");
}

async function checkHeaders(address: string) {
	for (const path of ["/docs", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"]) {
		const headers = { "accept-encoding": "identity" };
		const get = await fetch(address + path, { headers });
		const head = await fetch(address + path, { method: "HEAD", headers });
		const length = String((await get.arrayBuffer()).byteLength);
		const same = head.status === 200 && head.headers.get("content-length") === length;
		check(`HEAD ${path} tells what GET gives`, same, [head.status, head.headers.get("content-length"), length]);
		const caching = get.headers.get("cache-control") ?? "";
		if (path !== "/docs") check(`${path} may be kept`, /max-age=\d{4,}/.test(caching), caching);
	}
}

async function usePage(page: Page, address: string) {
	const complaints: string[] = [];
	page.on("console", (message) => {
		if (["error", "warning"].includes(message.type())) complaints.push(message.text());
	});
	page.on("pageerror", (error) => complaints.push(String(error)));
	const elsewhere: string[] = [];
	page.on("request", (request) => {
		if (!request.url().startsWith(`${address}/`) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
	});
	await page.addInitScript(() => {
		const violations: string[] = [];
		Object.assign(globalThis, { violations });
		addEventListener("securitypolicyviolation", (event) => {
			const { violatedDirective, blockedURI } = event as Event & Record<"violatedDirective" | "blockedURI", string>;
			violations.push(`${violatedDirective} ${blockedURI}`);
		});
	});

	await page.goto(`${address}/docs`);
	await page.locator(".opblock").first().waitFor();
	const shown = await page.locator(".opblock").count();
	const { paths } = (await (await fetch(`${address}/openapi.json`)).json()) as { paths: Record<string, object> };
	const documented = Object.values(paths).flatMap((methods) => Object.keys(methods)).length;
	check(`all ${documented} operations are shown`, shown === documented, shown);
	const handbook = await page.getByRole("link", { name: "handbook" }).getAttribute("href");
	check("a link leads to the handbook", handbook === "/docs/handbook", handbook);

	await register(page);
	await authorize(page);
	await readMe(page);
	await page.screenshot({ path: screenshot });
	console.log("        the page looks like", screenshot);
	const { image } = await postPicture(page);
	await setAvatar(page);
	await fetchPicture(page, image.url);
	await showPicture(page, image);
	await openMore(page);

	const violations = await page.evaluate(() => (globalThis as unknown as { violations: string[] }).violations);
	check("nothing breaks the content security policy", violations.length === 0, violations);
	check("the console stays empty", complaints.length === 0, complaints);
	check("no other server is asked for anything", elsewhere.length === 0, elsewhere);
}

/** Executes the example as it stands, on a server that nothing was done to. */
async function register(page: Page) {
	const operation = page.locator("#operations-auth-register");
	await operation.locator(".opblock-summary-control").click();
	await operation.locator(".execute").waitFor();
	const { status, body } = await execute(page, operation, "register");
	check("the example makes an account", status === 201 && body.user.username === "ada", body);
}

/** Signs in with the OAuth2 form, as anybody would who has only a username and a password. */
async function authorize(page: Page) {
	await page.locator(".auth-wrapper > .authorize").click();
	const form = page.locator(".auth-container", { hasText: "OAuth2" });
	await form.locator("#oauth_username").fill("ada");
	await form.locator("#oauth_password").fill(password);
	await form.locator("button.authorize").click();
	const signedIn = form.locator("button", { hasText: "Logout" });
	await signedIn.waitFor({ timeout: 5_000 }).catch(() => {});
	check("Authorize signs in with username and password", await signedIn.isVisible(), await form.textContent());
	await page.locator(".modal-ux .close-modal").click();
}

async function readMe(page: Page) {
	const operation = page.locator("#operations-auth-getMe");
	await operation.locator(".opblock-summary-control").click();
	const tryIt = operation.getByRole("button", { name: "Try it out" });
	await operation.locator(".execute, .try-out__btn").first().waitFor();
	if (await tryIt.isVisible()) await tryIt.click();
	await operation.locator(".execute").click();
	const answer = operation.locator(".live-responses-table .response");
	await answer.waitFor();
	const status = (await answer.locator(".response-col_status").textContent()) ?? "";
	const body = (await answer.locator(".response-col_description").textContent()) ?? "";
	check("Execute answers 200", status.trim().startsWith("200"), status);
	check("and shows who is signed in", /"username": "ada"/.test(body), body);
}

/** The part of the page that is about one operation, open and with the form in it. */
async function openForm(page: Page, id: string): Promise<Locator> {
	const operation = page.locator(`#operations-${id}`);
	await operation.locator(".opblock-summary-control").click();
	await operation.locator("input[type=file]").waitFor();
	const values = await operation.locator("tr.parameters").locator("input[type=text], select").evaluateAll(valuesOf);
	check(`${id} has a form in which nothing is filled in`, values.length > 0 && values.every((v) => v === ""), values);
	return operation;
}

function valuesOf(fields: unknown[]): string[] {
	return fields.map((field) => (field as { value: string }).value);
}

function field(operation: Locator, name: string): Locator {
	return operation.locator(`tr[data-property-name=${name}]`);
}

/** Chooses a file of 64 by 48 pixels. */
async function choose(field: Locator) {
	const buffer = Buffer.from(await (await picture()).bytes());
	await field.locator("input[type=file]").setInputFiles({ name: "tea.jpg", mimeType: "image/jpeg", buffer });
}

/** Presses Execute, and gives what came back. */
async function execute(page: Page, operation: Locator, name: string) {
	const answered = page.waitForResponse((response) => response.request().method() !== "GET");
	await operation.locator(".execute").click();
	const answer = await answered;
	await operation.locator(".live-responses-table .response").waitFor();
	await shoot(page, operation, name);
	return { status: answer.status(), sent: answer.request().postData() ?? "", body: await answer.json() };
}

async function postPicture(page: Page): Promise<{ image: Image }> {
	const operation = await openForm(page, "posts-createPostWithPicture");
	await choose(field(operation, "image"));
	await field(operation, "image_alt").locator("input[type=text]").fill("A cup of tea");
	await field(operation, "visibility").locator("select").selectOption("private");
	const { status, sent, body } = await execute(page, operation, "post");
	check("a form with a picture makes a post", status === 201, body);
	check("of which the picture has the size it was sent in", body.image?.width === 64 && body.image.height === 48, body);
	check("and the words", body.image?.alt === "A cup of tea" && body.visibility === "private", body);
	check("fields that stayed empty are not sent", !/name="(content|title)"/.test(sent), sent);
	return body;
}

async function setAvatar(page: Page) {
	const operation = await openForm(page, "users-updateMeWithPicture");
	await choose(field(operation, "avatar"));
	const { status, body } = await execute(page, operation, "avatar");
	check("a form with nothing but a picture sets an avatar", status === 200 && body.avatar_url !== null, body);
	check("and leaves the name as it is", body.display_name === "Ada Lovelace", body);
}

/** As somebody would who has copied the address into the form. */
async function fetchPicture(page: Page, url: string) {
	const operation = page.locator("#operations-pictures-getPicture");
	await operation.locator(".opblock-summary-control").click();
	const { pathname, searchParams } = new URL(url, "http://localhost");
	await operation.locator("tr[data-param-name=name] input").fill(pathname.split("/").at(-1) ?? "");
	await operation.locator("tr[data-param-name=access] input").fill(searchParams.get("access") ?? "");
	await operation.locator(".execute").click();
	const shown = operation.locator(".live-responses-table img");
	await shown.waitFor();
	check("a picture that was fetched is shown", (await widthOf(shown)) === 64, await widthOf(shown));
	await shoot(page, operation, "fetched");
}

async function shoot(page: Page, operation: Locator, name: string) {
	const path = screenshot.replace(/(\.\w+)?$/, `-${name}$1`);
	await operation.evaluate((element) => (element as unknown as { scrollIntoView(): void }).scrollIntoView());
	await page.screenshot({ path });
	console.log("        and then like", path);
}

/** In a browser that knows nobody's token, as that of an <img> does. */
async function showPicture(page: Page, { url, alt }: Image) {
	const context = await (page.context().browser() as Browser).newContext();
	try {
		const stranger = await context.newPage();
		await stranger.goto(new URL("/docs/start.js", page.url()).href);
		await stranger.setContent(`<img src="${url}" alt="${alt}">`);
		check("the address in a private post is for an <img>", (await widthOf(stranger.locator("img"))) === 64, url);
		await stranger.setContent(`<img src="${url.replace(/\?.*/, "")}">`);
		check("but not without its access", (await widthOf(stranger.locator("img"))) === 0, url);
	} finally {
		await context.close();
	}
}

/** Of a picture, in its own pixels, once it has loaded; 0 when it cannot be. */
function widthOf(image: Locator): Promise<number> {
	return image.evaluate(async (element) => {
		const image = element as unknown as { decode: () => Promise<void>; naturalWidth: number };
		await image.decode().catch(() => {});
		return image.naturalWidth;
	});
}

/** Forms, lists of choices and schemas: what the page shows elsewhere must keep to the policy too. */
async function openMore(page: Page) {
	for (const name of ["posts-updatePostWithPicture", "posts-getPosts", "users-findUsers"]) {
		await page.locator(`#operations-${name} .opblock-summary-control`).click();
		await page.locator(`#operations-${name} .execute`).waitFor();
	}
	await page.locator(".models .json-schema-2020-12-accordion").first().click();
}
