import { InvalidInput } from '../errors/failures.js';

/** The fields that a reading refuses, with their reasons; none when it refuses nothing. */
export const violationsOf = (read: () => unknown): { field: string; reason: string }[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof InvalidInput) return error.violations.map(({ field, reason }) => ({ field, reason }));
    throw error;
  }
  return [];
};
