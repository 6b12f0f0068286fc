import { type Context, createContextKey } from '@opentelemetry/api';

const OUTSIDE = createContextKey('parent from outside the mesh');

/** Marks a parent span as an institution's: the trace is continued, and the decision to record it is made here. */
export const fromOutside = (context: Context): Context => context.setValue(OUTSIDE, true);

export const isFromOutside = (context: Context): boolean => context.getValue(OUTSIDE) === true;
