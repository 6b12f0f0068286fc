import type { Pool } from 'pg';

const pools = new Set<Pool>();

/** Counts a pool from here on, until what it gives is called. */
export const notePool = (pool: Pool): (() => void) => {
  pools.add(pool);
  return () => void pools.delete(pool);
};

/** Of all databases that are open: connections that work, and who waits for one. */
export const poolUse = (): { readonly inUse: number; readonly waiting: number } => {
  let [inUse, waiting] = [0, 0];
  for (const pool of pools) {
    inUse += pool.totalCount - pool.idleCount;
    waiting += pool.waitingCount;
  }
  return { inUse, waiting };
};
