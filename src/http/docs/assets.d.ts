// Imported `with { type: "file" }`: the value is a path, inside the executable too.
declare module "swagger-ui-dist/swagger-ui-bundle.js" {
	const path: string;
	export default path;
}
declare module "swagger-ui-dist/swagger-ui.css" {
	const path: string;
	export default path;
}
// Imported `with { type: "text" }`. By `#src`: a declaration cannot have a relative name, and bun-types declares `*.html`.
declare module "#src/http/docs/page.html" {
	const text: string;
	export default text;
}
declare module "#src/http/docs/start.js" {
	const text: string;
	export default text;
}
declare module "#src/http/docs/handbook.html" {
	const text: string;
	export default text;
}
declare module "#src/http/docs/handbook.css" {
	const text: string;
	export default text;
}
