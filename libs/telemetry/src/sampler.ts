import { type Context, TraceFlags, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace';
import { isFromOutside } from './from-outside.js';

/**
 * The first server of the mesh that a call reaches decides at random whether its trace is recorded; every server behind it follows
 * that decision, so that traces are complete. The caller's sampled flag and trace id are ignored: nobody outside can have more
 * recorded than the ratio.
 */
export class EntrySampler implements Sampler {
  constructor(
    private readonly ratio: number,
    private readonly random: () => number = Math.random,
  ) {}

  shouldSample(context: Context): SamplingResult {
    const parent = trace.getSpanContext(context);
    const isEntry = parent === undefined || (parent.isRemote === true && isFromOutside(context));
    const sampled = isEntry ? this.random() < this.ratio : (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
    return { decision: sampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  }

  toString(): string {
    return `EntrySampler{${this.ratio}}`;
  }
}
