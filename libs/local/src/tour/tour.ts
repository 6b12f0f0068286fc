import type { DemoNetwork } from '../demo/set-up.js';
import type { LocalMesh } from '../local-mesh.js';
import type { TourOutput } from './tour-output.js';

/** Passed to every step. */
export interface Tour {
  readonly mesh: LocalMesh;
  readonly network: DemoNetwork;
  readonly output: TourOutput;
}
