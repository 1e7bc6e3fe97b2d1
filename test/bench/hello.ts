/** The smallest compiled server, which `start.ts` compares the product with. */
Bun.serve({ hostname: "127.0.0.1", port: Number(process.env.PORT), fetch: () => new Response("Hello") });
