import { eventStoreContract } from './event-store.contract.js';
import { MemoryEventStore } from './memory-event-store.js';

eventStoreContract('the event store in memory', async () => ({
  store: new MemoryEventStore(),
  close: async () => undefined,
}));
