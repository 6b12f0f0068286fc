import type { NewMessage } from '@crossroads/contracts/ebox/v1/message';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BulkSender, storedOf } from './bulk.js';
import { newMessage, openMailboxes, provider, type Provider, publications } from './publishing.js';
import { type Person, World } from './world.js';

const MESSAGES = 250_000;
const READERS = 5_000;
/** After so many outcomes the service is killed, or the sender breaks off. */
const KILLS = [20_000, 70_000, 71_000, 150_000, 249_000];
const BREAKS = [40_000, 110_000, 200_000];
const LIMIT_MS = 6 * 60_000;

/** A quarter of a million messages, with kills at either end. */
describe('a long bulk run', () => {
  let mesh: TestMesh;
  let world: World;
  let running: ServiceProcess;
  let readers: Person[];
  let sender: Provider;

  beforeAll(async () => {
    mesh = await TestMesh.start('ebox');
    world = await World.create(mesh);
    sender = await provider(world);
    running = await mesh.startProcess({ env: { LOG_LEVEL: 'warn' } });
    readers = Array.from({ length: READERS }, () => world.person());
    await openMailboxes(
      world,
      readers.map(({ personId }) => personId),
    );
  });
  afterAll(() => mesh.stop());

  it(
    'of 250,000 messages each is there once, whoever was killed meanwhile',
    async () => {
      const messages: NewMessage[] = Array.from({ length: MESSAGES }, (_, n) =>
        newMessage(sender, readers[(n * 7) % READERS] ?? { ssin: '' }),
      );
      const client = publications(world, running, sender);
      const bulk = new BulkSender(() => client, messages);
      let connection = new AbortController();
      const from = performance.now();
      const report = setInterval(() => {
        const seconds = (performance.now() - from) / 1_000;
        process.stderr.write(
          `  ${bulk.outcomes.size} of ${MESSAGES} after ${seconds.toFixed(0)} s, ${bulk.cuts} cuts\n`,
        );
      }, 10_000);
      try {
        const run = bulk.run(() => connection.signal);
        const reached = (count: number) =>
          eventually(
            () => bulk.outcomes.size,
            (size) => size >= count,
            LIMIT_MS,
          );
        for (const count of [...KILLS, ...BREAKS].toSorted((one, other) => one - other)) {
          await Promise.race([reached(count), run]);
          if (KILLS.includes(count)) {
            await running.stop('SIGKILL');
            await running.launch();
          } else {
            const broken = connection;
            connection = new AbortController();
            broken.abort();
          }
        }
        await run;
      } finally {
        clearInterval(report);
      }
      expect(bulk.cuts).toBeGreaterThanOrEqual(KILLS.length + BREAKS.length);
      expect(new Set(bulk.outcomes.values()).size).toBe(MESSAGES);
      expect([...bulk.outcomes.values()].filter((outcome) => !outcome.includes('-'))).toEqual([]);
      expect(await storedOf(world, sender.enterpriseNumber)).toEqual({
        rows: MESSAGES,
        streams: MESSAGES,
        doubled: 0,
        without_row: 0,
      });
    },
    2 * LIMIT_MS,
  );
});
