import type { Pool } from 'pg';

const pools = new Set<Pool>();

/** Counts a pool until the returned function is called. */
export const registerPool = (pool: Pool): (() => void) => {
  pools.add(pool);
  return () => void pools.delete(pool);
};

/** Of all open databases: the connections in use, and the callers that wait for one. */
export const poolUse = (): { readonly inUse: number; readonly waiting: number } => {
  let [inUse, waiting] = [0, 0];
  for (const pool of pools) {
    inUse += pool.totalCount - pool.idleCount;
    waiting += pool.waitingCount;
  }
  return { inUse, waiting };
};
