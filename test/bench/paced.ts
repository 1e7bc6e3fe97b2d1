import type { Socket } from "bun";
import type { Call } from "./calls";

/** A request as bytes, and who is told what came of it. */
export type Paced = { bytes: Uint8Array; answered?: (status: number, body: string) => void };

type Pace = { port: number; perSecond: number; milliseconds: number; connections: number; next: () => Paced };

/** The bytes of a call, with the headers that an ordinary client sends. */
export function render({ method, path, token, body = "" }: Call): Uint8Array {
	const lines = [`${method} ${path} HTTP/1.1`, "Host: localhost:8000", "User-Agent: bench", "Accept: application/json"];
	if (token) lines.push(`Authorization: Bearer ${token}`);
	if (body) lines.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
	return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/**
 * Sends requests at a fixed pace, whatever becomes of them, and gives how long each took in milliseconds, in their order.
 * Counted from when it was due and not from when a connection was free for it: a server that stands still for a second
 * makes everybody late who came in that second, and not only whoever was first (coordinated omission).
 */
export async function paced({ port, perSecond, milliseconds, connections, next }: Pace): Promise<number[]> {
	const latencies: number[] = [];
	const total = Math.round((perSecond * milliseconds) / 1000);
	const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
	const idle: Socket<Exchange>[] = [];
	let begun = 0;
	let answered = 0;

	const receive = (socket: Socket<Exchange>, chunk: Buffer) => {
		const exchange = socket.data;
		exchange.received = exchange.received.length > 0 ? Buffer.concat([exchange.received, chunk]) : chunk;
		const answer = whole(exchange.received);
		if (!answer) return;
		latencies[exchange.turn] = performance.now() - exchange.due;
		exchange.answered?.(answer.status, answer.body);
		idle.push(socket);
		if (++answered === total) resolve();
	};
	const sockets = await Promise.all(
		Array.from({ length: connections }, () =>
			Bun.connect<Exchange>({
				hostname: "127.0.0.1",
				port,
				data: { turn: 0, due: 0, received: Buffer.alloc(0) },
				socket: {
					data: receive,
					close: () => reject(new Error("The server closed a connection.")),
					error: (_, error) => reject(error),
				},
			}),
		),
	);
	idle.push(...sockets);
	const started = performance.now();
	const timer = setInterval(() => {
		const now = performance.now();
		while (begun < total && idle.length > 0) {
			const due = started + (begun * 1000) / perSecond;
			if (due > now) return;
			const socket = idle.shift() as Socket<Exchange>; // in turn, or the server closes who rests
			const { bytes, answered } = next();
			socket.data = { turn: begun++, due, received: Buffer.alloc(0), answered };
			if (socket.write(bytes) !== bytes.length) reject(new Error("A request did not fit into the socket's buffer."));
		}
	}, 1);
	try {
		await finished;
	} finally {
		clearInterval(timer);
		for (const socket of sockets) socket.terminate();
	}
	return latencies;
}

type Exchange = { turn: number; due: number; received: Buffer; answered?: Paced["answered"] };

/** Null until all of it is there. */
function whole(received: Buffer): { status: number; body: string } | null {
	const end = received.indexOf("\r\n\r\n");
	if (end < 0) return null;
	const head = received.toString("latin1", 0, end);
	const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
	if (received.length < end + 4 + length) return null;
	return { status: Number(head.slice(9, 12)), body: received.toString("utf8", end + 4) };
}
