import { MailReader } from '@crossroads/contracts/access/v1/access_record';
import type { Access as ListedAccess } from '@crossroads/contracts/audit/v1/audit_service';
import { enterpriseIdOf } from '@crossroads/identifiers';
import { eventually, refusalOf } from '@crossroads/testing';
import { TestMesh } from '@crossroads/testing/mesh';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppModule } from '../src/app.module.js';
import { service } from '../src/service.js';
import { access, opened, someone } from './accesses.js';
import { type AuditClient, BAKERY, PORTAL, WELFARE, World } from './world.js';

const { MAIL_READER_OWNER, MAIL_READER_DELEGATE, MAIL_READER_ENTERPRISE_READER } = MailReader;

describe('the list of accesses to mail', () => {
  let mesh: TestMesh;
  let world: World;
  let portal: AuditClient;
  let counter = 0;

  beforeAll(async () => {
    mesh = await TestMesh.start('access-audit');
    world = await World.create(mesh);
    portal = world.client(await mesh.startInProcess(service, AppModule), PORTAL);
  }, 120_000);
  afterAll(() => mesh.stop(), 60_000);

  const citizen = () => {
    const person = someone(++counter);
    world.directory.put(person);
    return person;
  };
  const list = async (
    ssin: string,
    more: { readonly enterpriseNumber?: string; readonly roles?: unknown; readonly withoutOwn?: boolean } = {},
  ): Promise<readonly ListedAccess[]> => {
    const { enterpriseNumber = '', roles, withoutOwn = true } = more;
    const authorization = `Bearer ${await world.token(ssin, { claims: { enterprise_roles: roles } })}`;
    const request = { pageSize: 0, pageToken: '', withoutOwn, enterpriseNumber, filter: undefined };
    return (await portal.listAccesses(request, { metadata: { authorization } })).accesses;
  };

  it('leaves out what the owner opened on request, and nothing that somebody else did', async () => {
    const person = citizen();
    const messageId = '01998d3a-0000-7000-8000-000000000001';
    await world.ebox.append(opened(access(person), { reader: MAIL_READER_OWNER, messageId }));
    await world.ebox.append(opened(access(person), { reader: MAIL_READER_DELEGATE, messageId }, { delegationId: 'd' }));
    await eventually(
      () => list(person.ssin, { withoutOwn: false }),
      (all) => all.filter(({ mail }) => mail).length === 2,
    );
    expect(await list(person.ssin)).toMatchObject([{ mail: { reader: MAIL_READER_DELEGATE, messageId } }]);
  });

  it('is that of an enterprise for its managers', async () => {
    const [manager, clerk] = [citizen(), citizen()];
    const enterprise = { ssin: clerk.ssin, personId: enterpriseIdOf(BAKERY) };
    const mail = { reader: MAIL_READER_ENTERPRISE_READER };
    await world.ebox.append(opened(access(enterprise), mail, { readerId: 'a pseudonym' }));
    const asked = { enterpriseNumber: BAKERY, roles: { [BAKERY]: ['EBOX_MANAGER'] } };
    const accesses = await eventually(
      () => list(manager.ssin, asked),
      ({ length }) => length > 0,
    );
    expect(accesses).toMatchObject([{ mail: { ...mail, readerPersonId: 'a pseudonym' } }]);
    expect(await list(manager.ssin)).toEqual([]);
  });

  it('is not that of an enterprise for anybody else', async () => {
    const { ssin } = citizen();
    const refusal = (roles: unknown, enterpriseNumber = BAKERY) => refusalOf(list(ssin, { enterpriseNumber, roles }));
    expect(await refusal({ [BAKERY]: ['EBOX_READER'] })).toMatchObject({
      code: status.PERMISSION_DENIED,
      reason: 'MISSING_PERMISSION',
    });
    for (const roles of [undefined, {}, { [WELFARE]: ['EBOX_MANAGER'] }, { [BAKERY]: ['ACCOUNTANT'] }])
      expect(await refusal(roles)).toMatchObject({ code: status.NOT_FOUND, reason: 'RESOURCE_NOT_FOUND' });
    expect(await refusal({}, '0123456789')).toMatchObject({ metadata: { field: 'enterprise_number' } });
  });
});
