import { type Context, createContextKey } from '@opentelemetry/api';

const OUTSIDE = createContextKey('parent from outside the mesh');

/** Marks a parent as somebody else's: its trace is gone on with, and whether it is recorded is decided here. */
export const fromOutside = (context: Context): Context => context.setValue(OUTSIDE, true);

export const isFromOutside = (context: Context): boolean => context.getValue(OUTSIDE) === true;
