import type { DemoNetwork } from '../demo/set-up.js';
import type { LocalMesh } from '../local-mesh.js';
import type { TourOutput } from './tour-output.js';

/** What the steps share. */
export interface Tour {
  readonly mesh: LocalMesh;
  readonly network: DemoNetwork;
  readonly output: TourOutput;
}
