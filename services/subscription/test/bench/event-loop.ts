import { fileURLToPath } from 'node:url';
import { eventually } from '@crossroads/testing';
import type { TestMesh } from '@crossroads/testing/mesh';
import { type LoopFigures, PROBE } from './event-loop-probe.js';

/** For Node, so that it loads the probe into the service. */
export const WITH_PROBE = `--import=${fileURLToPath(new URL('./event-loop-probe.js', import.meta.url))}`;

type ServiceProcess = Awaited<ReturnType<TestMesh['startProcess']>>;

/** What the event loop of the service did since the last call. */
export const eventLoopOf = async (service: ServiceProcess): Promise<LoopFigures> => {
  const from = service.output.length;
  if (service.pid !== undefined) process.kill(service.pid, 'SIGUSR2');
  const printed = await eventually(() => service.output.slice(from).match(new RegExp(`${PROBE}(.*)\n`))?.[1], Boolean);
  // Printed by the probe in this form.
  return JSON.parse(printed ?? '') as LoopFigures;
};
