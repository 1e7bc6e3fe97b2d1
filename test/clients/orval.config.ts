/** `BASE_URL` because orval writes the address into the client. */
export default {
	feed: {
		input: "generated/openapi.json",
		output: { target: "generated/orval/api.ts", client: "fetch", baseUrl: process.env.BASE_URL },
	},
};
