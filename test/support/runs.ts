/** TEST_RUNS multiplies the runs of every property test: below 1 for a fast answer, above 1 for a long search. */
const factor = Number(process.env.TEST_RUNS ?? 1);

export const runs = (count: number): number => Math.max(1, Math.round(count * factor));
