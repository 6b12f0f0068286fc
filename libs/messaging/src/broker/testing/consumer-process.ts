import { once } from 'node:events';
import { openBroker } from '../../bus/open-broker.js';
import { numberOf } from './sample-events.js';
import type { ConsumerTask } from './spawned-consumer.js';

/**
 * A consumer to be killed or frozen: handles three events of a partition at a time, and hangs in the first batch with an event from
 * `hangsFrom` on, until SIGUSR2. Then it closes. It says what it does on standard output.
 */
const { settings, topic, group, hangsFrom } = JSON.parse(process.env['CONSUMER'] ?? '{}') as ConsumerTask;
const told = once(process, 'SIGUSR2');
const broker = await openBroker(settings);
const consumption = await broker.consume({
  topic,
  group,
  batchSize: 3,
  onAssigned: (partitions) => console.log(`assigned ${partitions.join(',')}`),
  onBatch: async (events) => {
    if (!events.some((event) => numberOf(event) >= hangsFrom)) return;
    console.log('hangs');
    await told;
  },
});
await told;
await consumption.close();
console.log('closed');
await broker.close();
