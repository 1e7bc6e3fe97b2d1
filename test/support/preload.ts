import { setDefaultTimeout } from "bun:test";

// Elysia reads this once, when it is first imported: the suite must see what the users see.
process.env.NODE_ENV = "production";

// Milliseconds. Random histories take two seconds here, and may take many on a machine that is slow or busy.
setDefaultTimeout(60_000);
