import type { Caller } from '@crossroads/grpc';
import { formOfRight, isRightKind, RIGHTS, type RightKind, rightsFor, rpcsOf, SERVERS } from '@crossroads/topology';
import { describe, expect, it } from '@jest/globals';
import { refusalOfRight } from '../policy-follower.js';
import { ApplicationRights } from './application-rights.js';
import { applicationWith, institution, NOT_AFTER, welfareOffice } from './decide.examples.js';
import { PolicyIndex } from './policy.js';

const KINDS = Object.keys(RIGHTS).filter(isRightKind);
const caller: Caller = {
  kind: 'institution',
  enterpriseNumber: welfareOffice,
  application: 'files',
  spki: 'key',
  certificateHash: 'certificate',
};
const DAY_MS = 86_400_000;

const policyWith = (rights: readonly string[], notAfter: Date | undefined = NOT_AFTER): PolicyIndex =>
  PolicyIndex.of(
    [
      institution(welfareOffice),
      applicationWith(welfareOffice, { spkiHashes: ['key'], rights: [...rights], notAfter }),
    ],
    1n,
  );

const anything = (kind: RightKind): string => [kind, ...RIGHTS[kind].map(() => 'x')].join(':');

const ofInstitutions = SERVERS.flatMap(rpcsOf).filter(({ callers }) => callers.includes('institution'));
const guarded = ofInstitutions.filter(({ rights }) => rights.length > 0);

describe('an rpc of the topology', () => {
  it('needs a right, unless it tells what all may know, or gives something up', () => {
    const open = ofInstitutions.filter(({ rights }) => rights.length === 0).map(({ path }) => path.split('/')[2]);
    expect(open.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      'Check',
      'GetDeliberation',
      'ListDataServices',
      'ListDeliberations',
      'WithdrawKey',
      'WithdrawRepresentation',
    ]);
  });

  it.each(guarded.map(({ path }) => path))('%s is refused to an application that has all other rights', (path) => {
    const others = KINDS.filter((kind) => !rightsFor(path).includes(kind)).map(anything);
    const refusal = refusalOfRight(policyWith(others), caller, path);
    expect(refusal).toMatchObject({ reason: 'RIGHT_MISSING' });
    expect(refusal?.message).toContain(rightsFor(path).map(formOfRight).join(' or '));
    for (const kind of rightsFor(path))
      expect(refusalOfRight(policyWith([anything(kind)]), caller, path)).toBeUndefined();
  });

  it('is refused to another key of the application, and asks no right of a service', () => {
    const policy = policyWith(KINDS.map(anything));
    for (const { path } of guarded) {
      expect(refusalOfRight(policy, { ...caller, spki: 'another' }, path)).toMatchObject({ reason: 'RIGHT_MISSING' });
      expect(refusalOfRight(policy, { kind: 'service', name: 'exchange', spki: 'key' }, path)).toBeUndefined();
    }
  });
});

describe('a registration', () => {
  it('ends at its end, and one without an end has none', () => {
    const policy = policyWith(['consult'], new Date(DAY_MS));
    expect(policy.isRegistered(caller, DAY_MS - 1)).toBe(true);
    expect(policy.isRegistered(caller, DAY_MS)).toBe(false);
    expect(policy.rightsOf(caller, DAY_MS).hasOneOf(['consult'])).toBe(false);
    expect(policy.keysOf(welfareOffice, ['consult'], DAY_MS - 1)).toHaveLength(1);
    expect(policy.keysOf(welfareOffice, ['consult'], DAY_MS)).toEqual([]);
    const endless = PolicyIndex.of(
      [institution(welfareOffice), applicationWith(welfareOffice, { spkiHashes: ['key'], notAfter: undefined })],
      1n,
    );
    expect(endless.isRegistered(caller)).toBe(false);
  });

  it('gives keys to topics only of applications with the right for these', () => {
    const policy = policyWith(['consult', 'subscribe']);
    expect(policy.keysOf(welfareOffice, ['subscribe'])).toEqual([{ application: 'files', spki: 'key' }]);
    expect(policy.keysOf(welfareOffice, ['publish'])).toEqual([]);
  });
});

describe('a right', () => {
  it('to report is for groups of one data service, or for all of its groups', () => {
    const rights = new ApplicationRights(['report:a.v1:x,y', 'report:a.v1:z', 'report:b.v1:*']);
    expect(rights.reports('a.v1', ['x', 'y', 'z'])).toBe(true);
    expect(rights.reports('a.v1', ['x', 'other'])).toBe(false);
    expect(rights.reports('b.v1', ['other'])).toBe(true);
    expect(rights.reports('c.v1', ['x'])).toBe(false);
  });

  it('to supply is for one data service, and a portal is that of one provider', () => {
    const rights = new ApplicationRights(['supply:a.v1', 'portal:https://sign-in.test:8443/x']);
    expect([rights.supplies('a.v1'), rights.supplies('b.v1')]).toEqual([true, false]);
    expect(rights.isPortalOf('https://sign-in.test:8443/x')).toBe(true);
    expect(rights.isPortalOf('https://sign-in.test:8443')).toBe(false);
  });

  it('that is not known opens nothing', () => {
    const rights = new ApplicationRights(['everything', 'toString', 'Consult', ' consult', '']);
    expect(rights.hasOneOf(KINDS)).toBe(false);
  });
});
