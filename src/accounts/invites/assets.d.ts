// Imported `with { type: "text" }`, as in http/docs.
declare module "#src/accounts/invites/page.html" {
	const text: string;
	export default text;
}
declare module "#src/accounts/invites/page.js" {
	const text: string;
	export default text;
}
declare module "#src/accounts/invites/page.css" {
	const text: string;
	export default text;
}
