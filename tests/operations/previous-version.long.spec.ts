import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import { newRequestId } from '@crossroads/grpc';
import { withCbeCheck } from '@crossroads/identifiers';
import { eventually } from '@crossroads/testing';
import { allPublished, TestMesh } from '@crossroads/testing/mesh';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { afterAll, describe, expect, it } from '@jest/globals';
import { generatedPerson } from '../people.js';
import { progress } from '../whole-mesh.js';
import { buildVersion, previousVersion } from './previous-version.js';

const REGISTER = withCbeCheck('02073870');
const GROUPS = ['name', 'birth', 'address'];

const previous = await previousVersion();

describe('the previous landed version beside this one, on one database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossroads-previous-'));
  const endings: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const end of endings.toReversed()) await end();
    for (const path of [folder, `${folder}.tar`]) rmSync(path, { recursive: true, force: true });
  }, 60_000);

  if ('absent' in previous) {
    progress(`SKIPPED: ${previous.absent}`);
    it('is not run, and says why', () => expect(previous.absent).not.toBe(''));
    return;
  }
  const { commit } = previous;

  it('both take changes of persons, and each change is published once', async () => {
    progress(`building ${commit.slice(0, 10)}`);
    await buildVersion(commit, folder);
    const mesh = await TestMesh.start('person-registry');
    endings.push(() => mesh.stop());
    const tls = await mesh.register(REGISTER);
    mesh.policy.put({
      $case: 'dataService',
      value: {
        dataService: 'person.identification.v1',
        title: '',
        jsonSchema: undefined,
        fieldGroups: GROUPS.map((name) => ({ name, paths: [name] })),
        supplier: undefined,
        reporters: [{ enterpriseNumber: REGISTER, fieldGroups: GROUPS }],
      },
    });
    progress('the older one migrates, the newer one comes beside it');
    const older = await mesh.startProcess({ root: folder });
    const newer = await mesh.startProcess();
    const people = Array.from({ length: 20 }, (_, n) => generatedPerson(n + 1));
    for (const [n, { ssin, facts }] of people.entries()) {
      const { port } = n % 2 === 0 ? older : newer;
      const client = mesh.connect(PersonServiceService, port, tls, { deadlineMs: 20_000 });
      await client.registerPerson({ requestId: newRequestId(), ssin, facts: [...facts] });
    }
    const reader = await mesh.serviceCertificate('reference-directory');
    for (const { port } of [older, newer]) {
      const events = mesh.connect(EventsServiceService, port, reader, { deadlineMs: 20_000 });
      const assigned = await eventually(
        async () =>
          (await allPublished(events, 'crossroads.person.v1')).filter(({ event }) => event.type.endsWith('assigned')),
        ({ length }) => length === people.length,
      );
      expect(new Set(assigned.map(({ event }) => event.id)).size).toBe(people.length);
    }
    expect([await older.stop(), await newer.stop()]).toEqual([0, 0]);
  }, 1_200_000);
});
