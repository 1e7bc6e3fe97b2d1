// Loaded before the program: the clock is as far from the right one as a file says, in milliseconds. Timers go on.
import { readFileSync } from "node:fs";

const file = process.env.CLOCK_OFFSET_FILE as string;
const RightDate = Date;
const now = () => RightDate.now() + Number(readFileSync(file, "utf8"));

globalThis.Date = new Proxy(RightDate, {
	construct: (_, args, newTarget) =>
		Reflect.construct(RightDate, args.length > 0 ? args : [now()], newTarget === Date ? RightDate : newTarget),
	get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
});
