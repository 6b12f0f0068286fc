import { describe, expect, it } from '@jest/globals';
import { commandsContract } from './commands.contract.js';
import { Commands } from './commands.js';
import { MemoryEventStore } from './memory-event-store.js';

commandsContract('a command on the event store in memory', async () => ({
  store: new MemoryEventStore(),
  close: async () => undefined,
}));

describe('commands without a database', () => {
  it('write no rows', async () => {
    const commands = new Commands(new MemoryEventStore());
    const decide = async () => ({ appends: [], answer: null, writeRows: async () => undefined });
    await expect(commands.execute({ decide })).rejects.toThrow(TypeError);
    await expect(commands.execute({ decide, decidesInTransaction: true })).rejects.toThrow(TypeError);
  });
});
