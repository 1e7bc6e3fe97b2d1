import type { Terminal } from "./terminal";

export async function seedDatabase(_terminal: Terminal, _options: { users: number; posts: number; seed: number }) {}
