import { describe, expect, it } from '@jest/globals';
import { portsFrom } from './ports.js';

/** Where Linux begins to take ports for outgoing connections; macOS begins later. */
const OUTGOING = 32_768;

describe('the ports of the mesh', () => {
  it('are none that an outgoing connection may hold when a service begins to listen', () => {
    expect(portsFrom({}).base + 99).toBeLessThan(OUTGOING);
  });

  it('move together', () => {
    const [here, there] = [portsFrom({}), portsFrom({ CROSSROADS_PORT_BASE: '20000' })];
    expect(there.base).toBe(20_000);
    expect(there.kafka - there.base).toBe(here.kafka - here.base);
  });

  it.each(['', 'many', '80', '65500', '2000.5'])('are not where %p says', (base) => {
    expect(() => portsFrom({ CROSSROADS_PORT_BASE: base })).toThrow(/CROSSROADS_PORT_BASE is .*between 1024 and 65400/);
  });
});
