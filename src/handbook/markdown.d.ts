// Imported `with { type: "text" }`: the value is the text, inside the executable too.
declare module "*.md" {
	const text: string;
	export default text;
}
