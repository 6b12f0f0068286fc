import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import type { TlsFiles } from '@crossroads/grpc';
import { eventually } from '@crossroads/testing';
import { type ServiceProcess, TestMesh } from '@crossroads/testing/mesh';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { refusalOf } from './requests.js';
import { HEALTH_FUND, WELFARE_OFFICE } from './running-directory.js';

let mesh: TestMesh;
let office: TlsFiles;

beforeAll(async () => {
  mesh = await TestMesh.start('reference-directory');
  office = await mesh.register(WELFARE_OFFICE);
}, 90_000);
afterAll(() => mesh.stop(), 30_000);

/** How a call of the office ends. */
const answerOf = async ({ port }: ServiceProcess): Promise<string> => {
  const asOffice = mesh.connect(DirectoryServiceService, port, office);
  try {
    return await refusalOf(asOffice.listInscriptions({ institution: '', ssin: '', pageSize: 0, pageToken: '' }));
  } finally {
    asOffice.close();
  }
};
const start = () => mesh.startProcess({ until: 'listening' });
const eventuallyAnswers = async (process: ServiceProcess, answer: string) =>
  eventually(
    () => answerOf(process),
    (last) => last === answer,
  );
const heldHeads = async () => {
  const client = new pg.Client({ connectionString: mesh.database.adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ generation: number; revision: string }>(
      'select generation, revision from held_policy_heads order by generation desc, revision desc',
    );
    return rows;
  } finally {
    await client.end();
  }
};

describe('a service that was restarted', () => {
  it('refuses an older policy than it has held, until administrators have accepted the loss', async () => {
    const first = await start();
    await eventuallyAnswers(first, 'accepted');
    const before = mesh.policy.put({
      $case: 'institution',
      value: {
        enterpriseNumber: HEALTH_FUND,
        name: 'Fund',
        roles: [],
        represents: [],
        acceptedBy: [],
        officialKeys: [],
      },
    });
    await eventually(heldHeads, ([last]) => last?.revision === String(before));
    await first.stop('SIGKILL');
    // The office is registered in the older policy, too.
    mesh.policy.loseAfter(before - 1n);

    const second = await start();
    await eventuallyAnswers(second, 'POLICY_ROLLBACK');
    expect(second.output).toContain('POLICY_ROLLBACK');
    await second.stop('SIGKILL');
    // Nor does another restart help.
    const third = await start();
    await eventuallyAnswers(third, 'POLICY_ROLLBACK');

    mesh.policy.acceptsLoss = true;
    await eventuallyAnswers(third, 'accepted');
    await eventually(heldHeads, ([last]) => last?.generation === 1 && last.revision === String(before - 1n));
    mesh.policy.acceptsLoss = false;
    await third.stop();
    await eventuallyAnswers(await start(), 'accepted');
  }, 120_000);
});
