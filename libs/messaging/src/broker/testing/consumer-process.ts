import { type BrokerSettings, openBroker } from '../../bus/open-broker.js';
import { numberOf } from './sample-events.js';

interface Task {
  readonly settings: BrokerSettings;
  readonly topic: string;
  readonly group: string;
  readonly hangAt: number;
}

/** A consumer to be killed: handles three at a time, and never ends the batch with `hangAt` in it. */
const { settings, topic, group, hangAt } = JSON.parse(process.env['CONSUMER'] ?? '{}') as Task;
const broker = await openBroker(settings);
await broker.consume({
  topic,
  group,
  batchSize: 3,
  onBatch: async (events) => {
    if (!events.some((event) => numberOf(event) === hangAt)) return;
    console.log('hangs');
    await new Promise(() => undefined);
  },
});
