const DAY_MS = 86_400_000;
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** The configuration with which topics are created. */
export const topicConfigOf = (retentionDays: number) => [
  { name: 'retention.ms', value: String(retentionDays * DAY_MS) },
  { name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) },
];
