import { type Context, TraceFlags, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { isFromOutside } from './from-outside.js';

/**
 * Follows the decision that was taken at the door of the mesh, so that a trace is whole. At the door it draws lots, whatever
 * the caller's own flag says, and without a look at the trace id, which the caller chooses: nobody outside can have more
 * recorded than the ratio.
 */
export class DoorSampler implements Sampler {
  constructor(
    private readonly ratio: number,
    private readonly draw: () => number = Math.random,
  ) {}

  shouldSample(context: Context): SamplingResult {
    const parent = trace.getSpanContext(context);
    const atTheDoor = parent === undefined || (parent.isRemote === true && isFromOutside(context));
    const sampled = atTheDoor ? this.draw() < this.ratio : (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
    return { decision: sampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return `DoorSampler{${this.ratio}}`;
  }
}
