import { describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT, TraceFlags, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { fromOutside } from './from-outside.js';
import { EntrySampler } from './sampler.js';

const parent = (traceFlags: number, isRemote = true) =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags, isRemote });

const decide = (random: number, ctx = ROOT_CONTEXT) => new EntrySampler(0.1, () => random).shouldSample(ctx).decision;

describe('sampling of traces', () => {
  it('is decided at random where a trace begins', () => {
    expect(decide(0.09)).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    expect(decide(0.1)).toBe(SamplingDecision.NOT_RECORD);
  });

  it('is decided at random by the first server of the mesh, whatever flag an institution sends', () => {
    expect(decide(0.5, fromOutside(parent(TraceFlags.SAMPLED)))).toBe(SamplingDecision.NOT_RECORD);
    expect(decide(0.05, fromOutside(parent(TraceFlags.NONE)))).toBe(SamplingDecision.RECORD_AND_SAMPLED);
  });

  it('follows the decision of the first server in every service behind it', () => {
    expect(decide(0.99, parent(TraceFlags.SAMPLED))).toBe(SamplingDecision.RECORD_AND_SAMPLED);
    expect(decide(0, parent(TraceFlags.NONE))).toBe(SamplingDecision.NOT_RECORD);
    expect(decide(0.99, fromOutside(parent(TraceFlags.SAMPLED, false)))).toBe(SamplingDecision.RECORD_AND_SAMPLED);
  });
});
