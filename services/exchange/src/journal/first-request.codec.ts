import type { Json } from '@crossroads/eventsourcing';
import { z } from 'zod';

const firstRequest = z.object({
  ticket: z.string(),
  /** When it was decided. */
  time: z.codec(z.string(), z.date(), { decode: (text) => new Date(text), encode: (time) => time.toISOString() }),
});

/** What is stored of the first request under a request id, so that a repetition can name it. */
export type FirstRequest = Readonly<z.infer<typeof firstRequest>>;

export const firstRequestCodec = {
  encode: (first: FirstRequest): Json => firstRequest.encode(first),
  decode: (stored: Json): FirstRequest => firstRequest.decode(stored as z.input<typeof firstRequest>),
};
