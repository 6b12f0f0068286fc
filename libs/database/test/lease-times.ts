/** Short, so that a spec need not wait for six seconds. */
export const QUICK = { ttlMs: 1_500, renewMs: 300, lookMs: 100 };
export const ROLE = 'log';
export const PARTITIONS = Array.from({ length: 16 }, (_, index) => index);
