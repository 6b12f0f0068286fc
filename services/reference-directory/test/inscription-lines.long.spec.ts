import { PersonsInscribed } from '@crossroads/contracts/access/v1/events';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { type Database, openDatabase } from '@crossroads/database';
import { newRequestId, RemoteError } from '@crossroads/grpc';
import { type CloudEvent, unbundled } from '@crossroads/messaging';
import { eventually } from '@crossroads/testing';
import { DIRECTORY_ACCESS_TOPIC } from '@crossroads/topology';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nextNumber } from './numbers.js';
import { fileLine, sendFile, WHOLE } from './requests.js';
import { HEALTH_FUND, RunningDirectory, WELFARE_OFFICE } from './running-directory.js';

const PEOPLE = 400;
const CHUNK = 50;
const KILLS = 6;

/** Whether a call was cut short by the death of its process, so that the institution has to repeat it. */
const isCut = (error: unknown): boolean => error instanceof RemoteError && CUT.includes(error.code);

const CUT = [status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED];

describe('a process that is killed while institutions inscribe', () => {
  let directory: RunningDirectory;
  let db: Database;
  const persons = new Map<string, string>();
  const received = new Map<string, CloudEvent>();

  beforeAll(async () => {
    directory = await RunningDirectory.start();
    db = await openDatabase({ url: directory.mesh.database.adminUrl, poolSize: 1 });
    await directory.mesh.bus.broker.consume({
      topic: DIRECTORY_ACCESS_TOPIC,
      onBatch: async (batch) => {
        for (const event of batch) if (event.place !== undefined) received.set(event.id, event);
      },
    });
    for (let n = 0; n < PEOPLE; n++) {
      const ssin = nextNumber();
      persons.set(ssin, await directory.registry.assign(ssin));
    }
    await eventually(
      () => db.query<{ count: number }>('select count(*)::int from numbers'),
      ([row]) => row?.count === PEOPLE,
      60_000,
    );
  }, 180_000);
  afterAll(async () => {
    await db.close();
    await directory.close();
  }, 60_000);

  /** Repeats a call under the same request id until it is answered, as institutions must. */
  const untilAnswered = async (call: () => Promise<unknown>): Promise<void> => {
    await eventually(
      () =>
        call().then(
          () => true,
          (error: unknown) => {
            if (isCut(error)) return false;
            throw error;
          },
        ),
      Boolean,
      120_000,
    );
  };
  const linesOnTopic = async () => {
    const sealing = directory.mesh.sealing('access-audit');
    const messages = await Promise.all([...received.values()].map((one) => sealing.open(DIRECTORY_ACCESS_TOPIC, one)));
    const events = new Map(messages.flatMap(unbundled).map((event) => [event.id, event]));
    return [...events.values()].flatMap(({ data }) => {
      const { customer, persons: inscribed } = PersonsInscribed.decode(data);
      return inscribed.map(({ personId }) => `${customer} ${personId}`);
    });
  };

  it('leaves no inscription without its line, and no line twice', async () => {
    const ssins = [...persons.keys()];
    let answered = 0;
    const byOne = async () => {
      for (const ssin of ssins) {
        const request = { requestId: newRequestId(), institution: '', ssin, inscriptionContext: '17/2', period: WHOLE };
        await untilAnswered(async () => {
          const office = directory.mesh.connect(
            DirectoryServiceService,
            directory.process.port,
            directory.certificate(WELFARE_OFFICE),
            { deadlineMs: 10_000 },
          );
          await office.inscribe(request).finally(() => office.close());
        });
        answered++;
      }
    };
    const byFile = async () => {
      for (let from = 0; from < ssins.length; from += CHUNK) {
        const requestId = newRequestId();
        const lines = ssins.slice(from, from + CHUNK).map((ssin) => fileLine(ssin));
        await untilAnswered(async () => {
          const fund = directory.as(HEALTH_FUND);
          await sendFile(fund, [lines], { requestId }).finally(() => fund.close());
        });
        answered++;
      }
    };
    const kills = async () => {
      for (let n = 1; n <= KILLS; n++) {
        await eventually(
          () => answered,
          (count) => count >= n * (PEOPLE / (KILLS + 1)),
          120_000,
        );
        await directory.process.stop('SIGKILL');
        await directory.process.launch();
      }
    };
    await Promise.all([byOne(), byFile(), kills()]);

    const expected = [...persons.values()].flatMap((id) => [`${WELFARE_OFFICE} ${id}`, `${HEALTH_FUND} ${id}`]).sort();
    const lines = await eventually(linesOnTopic, ({ length }) => length >= expected.length, 120_000);
    expect(lines.sort()).toEqual(expected);
  }, 600_000);
});
