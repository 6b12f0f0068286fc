import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { openBroker } from '../../bus/open-broker.js';
import { numberOf } from './sample-events.js';
import type { ConsumerTask } from './spawned-consumer.js';

/**
 * A consumer to be killed or frozen: handles three events of a partition at a time, and hangs in the first batch with an event from
 * `hangsFrom` on, until SIGUSR2. Then it closes. It says what it does on standard output.
 */
const { settings, topic, group, hangsFrom, freezes } = JSON.parse(process.env['CONSUMER'] ?? '{}') as ConsumerTask;
let frozen = false;
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
    if (!freezes) return void (await told);
    // The consumer waits by then: after the pause it sees that the batch has ended before it sees that time has passed.
    await setImmediate();
    if (!frozen) process.kill(process.pid, 'SIGSTOP');
    frozen = true;
  },
});
await told;
await consumption.close();
console.log('closed');
await broker.close();
