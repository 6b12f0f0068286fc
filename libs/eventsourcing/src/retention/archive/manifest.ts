import { z } from 'zod';

const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const POSITION = z.string().regex(/^\d{1,19}$/);
const place = z.object({ position: POSITION, hash: DIGEST });

/** What a file of archived events holds, in a file beside it. */
export const manifestSchema = z.object({
  version: z.literal(1),
  service: z.string(),
  logId: z.uuid(),
  month: z.number().int(),
  file: z.string(),
  /** Of the file as it is stored. */
  sha256: DIGEST,
  bytes: z.number().int(),
  events: z.number().int(),
  /** By the number of the partition in the database. */
  partitions: z.record(z.string(), z.object({ events: z.number().int(), first: place, last: place })),
});

export type Manifest = z.infer<typeof manifestSchema>;
type Partitions = Manifest['partitions'];

export const manifestNameOf = (file: string): string => file.replace(/\.ndjson\.gz$/, '.json');

/** Counts events by partition, in the order of the file. */
export class PartitionCounts {
  events = 0;
  readonly partitions: Partitions = {};

  add({ partition, position, hash }: { readonly partition: number; readonly position: string; readonly hash: string }) {
    const known = this.partitions[partition];
    const at = { position, hash };
    this.partitions[partition] = { events: (known?.events ?? 0) + 1, first: known?.first ?? at, last: at };
    this.events++;
  }
}
