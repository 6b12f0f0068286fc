import type { Span } from './otlp-messages.js';

/** The spans of one trace. */
export interface Traced {
  readonly id: string;
  readonly size: number;
  /** `service: name` of each span. */
  readonly steps: readonly string[];
  /** The parents of its spans that are not in it: spans of a client, or lost ones. */
  readonly orphans: readonly string[];
  has(service: string, name: string): boolean;
}

export const traceOf = (spans: readonly Span[]): Traced => {
  const steps = spans.map(({ service, name }) => `${service}: ${name}`);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const missing = spans.flatMap(({ parentId }) => (parentId === '' || ids.has(parentId) ? [] : [parentId]));
  return {
    id: spans[0]?.traceId ?? '',
    size: spans.length,
    steps: [...new Set(steps)],
    orphans: [...new Set(missing)],
    has: (service, name) => steps.includes(`${service}: ${name}`),
  };
};
