import { describe, expect, it } from '@jest/globals';
import { notePass, stampLag } from './stamp-lag.js';

describe('the lag of positions', () => {
  it('is the age of the oldest event of the last pass, by log, and fades when nothing comes', () => {
    const now = Date.UTC(2026, 0, 1);
    const event = (partition: number, age: number) => ({ partition, recordedAt: new Date(now - age) });
    expect(stampLag(now)).toEqual([
      { log: 'main', seconds: 0 },
      { log: 'journal', seconds: 0 },
    ]);
    notePass([event(0, 500), event(7, 4_000), event(100, 1_000)], now);
    expect(stampLag(now + 1)).toEqual([
      { log: 'main', seconds: 4 },
      { log: 'journal', seconds: 1 },
    ]);
    notePass([event(0, 20)], now + 10);
    expect(stampLag(now + 20)[0]).toEqual({ log: 'main', seconds: 0.03 });
    expect(stampLag(now + 60_000)).toEqual([
      { log: 'main', seconds: 0 },
      { log: 'journal', seconds: 0 },
    ]);
  });
});
