// Elysia reads this once, when it is first imported: the suite must see what the users see.
process.env.NODE_ENV = "production";
