import { progress } from '../whole-mesh.js';

/** CROSSROADS_FAULTS=full runs them: a quarter of an hour of faults, more than a change waits for. */
export const IN_FULL = process.env['CROSSROADS_FAULTS'] === 'full';

if (!IN_FULL)
  progress('SKIPPED: the whole fault suite of the log; CROSSROADS_FAULTS=full npm run test:long -- faults/log runs it');
