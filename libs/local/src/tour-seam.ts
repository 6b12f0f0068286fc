import type { LocalMesh } from './local-mesh.js';

/** What the tour is given; the tour itself is `tour/run-tour.ts`, found at run time. */
export interface TourOptions {
  readonly mesh: LocalMesh;
  /** Absent: people by rule. */
  readonly people?: string;
  readonly say: (line: string) => void;
}

/** Runs the tour; true when every step was verified. */
export type RunTour = (options: TourOptions) => Promise<boolean>;
