import { describe, expect, it } from '@jest/globals';
import { portsFrom } from './ports.js';

/** Where Linux begins to take ports for outgoing connections; macOS begins later. */
const OUTGOING = 32_768;

describe('the ports of the mesh', () => {
  it('the ports of the mesh are not in the range of outgoing connections', () => {
    expect(portsFrom({}).base + 99).toBeLessThan(OUTGOING);
  });

  it('CROSSROADS_PORT_BASE moves all ports', () => {
    const [here, there] = [portsFrom({}), portsFrom({ CROSSROADS_PORT_BASE: '20000' })];
    expect(there.base).toBe(20_000);
    expect(there.kafka - there.base).toBe(here.kafka - here.base);
  });

  it.each(['', 'many', '80', '65500', '2000.5'])('CROSSROADS_PORT_BASE=%p is refused', (base) => {
    expect(() => portsFrom({ CROSSROADS_PORT_BASE: base })).toThrow(/CROSSROADS_PORT_BASE is .*between 1024 and 65400/);
  });
});
