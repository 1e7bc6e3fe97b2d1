// Uses the documentation page as a person would, in a real browser. Not part of `bun test`, because it needs Chromium:
//   bun test/browser/docs.ts [screenshot.png]
// CHROMIUM names the browser, by default /usr/bin/chromium.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { password } from "../support/app";
import { picture } from "../support/pictures";
import { program } from "../support/server";

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
	const registered = await fetch(`${address}/auth/register`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ username: "ada", email: "ada@example.com", password }),
	});
	check("an account is made", registered.status === 201, registered.status);
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
} catch (error) {
	check("it runs to the end", false, error);
} finally {
	await browser?.close();
	await server.stop();
	server.remove();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function checkHeaders(address: string) {
	for (const path of ["/docs", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"]) {
		const get = await fetch(address + path);
		const head = await fetch(address + path, { method: "HEAD" });
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

	await authorize(page);
	await readMe(page);
	await page.screenshot({ path: screenshot });
	console.log("        the page looks like", screenshot);
	await postPicture(page, address);
	await openMore(page);

	const violations = await page.evaluate(() => (globalThis as unknown as { violations: string[] }).violations);
	check("nothing breaks the content security policy", violations.length === 0, violations);
	check("the console stays empty", complaints.length === 0, complaints);
	check("no other server is asked for anything", elsewhere.length === 0, elsewhere);
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

/** Chooses a file, describes it, and sends it; then looks at what came of it, as a page would. */
async function postPicture(page: Page, address: string) {
	const operation = page.locator("#operations-posts-createPost");
	await operation.locator(".opblock-summary-control").click();
	await operation.locator(".execute").waitFor();
	await operation
		.locator(".body-param-content-type select, .opblock-section-request-body select")
		.first()
		.selectOption("multipart/form-data");
	const chooser = operation.locator('input[type="file"]');
	await chooser.waitFor({ timeout: 5_000 }).catch(() => {});
	check("a form has a file picker", (await chooser.count()) === 1, await operation.textContent());
	const bytes = Buffer.from(await (await picture({ width: 320, height: 200 })).bytes());
	await chooser.setInputFiles({ name: "wall.jpg", mimeType: "image/jpeg", buffer: bytes });
	await operation.locator('tr[data-property-name="image_alt"] input[type="text"]').fill("A red wall");
	await operation
		.locator(".opblock-section-request-body")
		.screenshot({ path: screenshot.replace(/(\.\w+)$/, "-form$1") });
	await operation.locator(".execute").click();
	const answer = operation.locator(".live-responses-table .response");
	await answer.waitFor();
	const status = (await answer.locator(".response-col_status").textContent()) ?? "";
	const body = (await answer.locator(".response-col_description").textContent()) ?? "";
	check("the picture is posted", status.trim().startsWith("201") && body.includes('"alt": "A red wall"'), [
		status,
		body,
	]);
	const url = /"image_url": "([^"]+)"/.exec(body)?.[1] ?? "";
	// As text: here is no DOM to have types of.
	const width = await page.evaluate(`(async () => {
		const image = new Image();
		image.src = ${JSON.stringify(address + url)};
		await image.decode();
		return image.naturalWidth;
	})()`);
	check("and a page can show it", width === 320, width);
	await operation.locator(".opblock-summary-control").click();
}

/** Forms, lists of choices and schemas: what the page shows elsewhere must keep to the policy too. */
async function openMore(page: Page) {
	for (const name of ["posts-createPost", "posts-getPosts", "users-findUsers"]) {
		await page.locator(`#operations-${name} .opblock-summary-control`).click();
		await page.locator(`#operations-${name} .execute`).waitFor();
	}
	await page.locator(".models .json-schema-2020-12-accordion").first().click();
}
