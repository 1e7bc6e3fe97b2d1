import type { Socket } from "bun";

export type Load = {
	port: number;
	/** Whole HTTP/1.1 requests as bytes, sent in turn. */
	requests: Uint8Array[];
	/** What every answer must have; another one ends the run. */
	status: number;
	connections: number;
	milliseconds: number;
};

/** Latencies are in milliseconds. */
export type Measured = { perSecond: number; p50: number; p99: number; driverCores: number };

/**
 * Keeps so many connections busy for so long, each with one request at a time, and returns when the last answer is in.
 * Raw sockets and not `fetch`: this machine may have two cores, one for the server and one for us, and a client that
 * parses headers and builds Response objects is slower than the servers it should measure. Here a request is a
 * write of ready bytes, and of an answer only the status and the length are read.
 */
export async function burst({ port, requests, status, connections, milliseconds }: Load): Promise<Measured> {
	const latencies: number[] = [];
	const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
	let turn = 0;
	let running = connections;
	let end = Number.POSITIVE_INFINITY;

	const send = (socket: Socket<Exchange>) => {
		const request = requests[turn++ % requests.length] as Uint8Array;
		socket.data = { sent: performance.now(), missing: null };
		if (socket.write(request) !== request.length) reject(new Error("A request did not fit into the socket's buffer."));
	};
	const receive = (socket: Socket<Exchange>, chunk: Buffer) => {
		const exchange = socket.data;
		exchange.missing = exchange.missing === null ? missingAfterHead(chunk, status) : exchange.missing - chunk.length;
		if (exchange.missing > 0) return;
		const now = performance.now();
		if (now < end) {
			latencies.push(now - exchange.sent);
			send(socket);
		} else if (--running === 0) resolve();
	};

	const sockets = await Promise.all(
		Array.from({ length: connections }, () =>
			Bun.connect<Exchange>({
				hostname: "127.0.0.1",
				port,
				data: { sent: 0, missing: null },
				socket: {
					data(socket, chunk) {
						try {
							receive(socket, chunk);
						} catch (error) {
							reject(error);
						}
					},
					close: () => reject(new Error("The server closed a connection.")),
					error: (_, error) => reject(error),
				},
			}),
		),
	);
	const cpu = process.cpuUsage();
	const started = performance.now();
	end = started + milliseconds;
	try {
		for (const socket of sockets) send(socket);
		await finished;
	} finally {
		for (const socket of sockets) socket.terminate();
	}
	const { user, system } = process.cpuUsage(cpu);
	latencies.sort((a, b) => a - b);
	return {
		perSecond: (latencies.length * 1000) / milliseconds,
		p50: at(latencies, 0.5),
		p99: at(latencies, 0.99),
		driverCores: (user + system) / 1000 / (performance.now() - started),
	};
}

/** `missing` is how much of the answer's body is still to come, in bytes; null before its head. */
type Exchange = { sent: number; missing: number | null };

/** A head is far smaller than what loopback delivers in one piece, so it is expected whole. */
function missingAfterHead(chunk: Buffer, status: number): number {
	const head = chunk.toString("latin1", 0, 2048);
	const end = head.indexOf("\r\n\r\n");
	const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
	if (end < 0 || length === undefined || !head.startsWith(`HTTP/1.1 ${status}`))
		throw new Error(`Expected ${status}, but the server answered:\n${head}`);
	return Number(length) - (chunk.length - end - 4);
}

const at = (sorted: number[], share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;

export function median(numbers: number[]): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	const [low, high] = sorted.length % 2 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
	return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}
