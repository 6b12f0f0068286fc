import { Rejection } from '@crossroads/eventsourcing/decider';
import { deciderSpec } from '@crossroads/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DataService, Deliberation, Term } from './policy-entities.js';
import {
  member,
  actor,
  admin,
  application,
  approve,
  approved,
  committee,
  documentProvider,
  draft,
  grantInscriptions,
  institution,
  members,
  office,
  other,
  registerInstitution,
  registerKeys,
  registerProvider,
  registerService,
  revoke,
  submit,
  submitted,
  wages,
  wasApproved,
  wasSubmitted,
  withdraw,
  TIME,
} from './policy.examples.js';
import { type Actor, MAX_KEYS, type PolicyCommand, type PolicyEvent, policy } from './policy.decider.js';

const given = deciderSpec(policy);

describe('who changes the policy', () => {
  it('needs a registered key', () => {
    given(...members)
      .when(registerInstitution(institution('new'), actor('admin', 'x')))
      .thenRejected('KEY_NOT_REGISTERED');
    given()
      .when(registerInstitution(institution('new')))
      .thenRejected('KEY_NOT_REGISTERED');
    given(...members)
      .when(registerInstitution(institution('new'), { ...admin, application: 'other' }))
      .thenRejected('KEY_NOT_REGISTERED');
  });

  it.each<PolicyCommand>([
    registerInstitution(institution('new'), office),
    registerKeys(application('office', 'k2'), office),
    registerService({ ...wages, title: 'x' }, office),
    registerProvider(documentProvider(), office),
    {
      type: 'RegisterSignInProvider',
      signInProvider: { issuer: 'https://x', keys: [], acceptedAcr: ['high'] },
      actor: office,
    },
  ])('must be an administrator: $type', (command) => {
    given(...members)
      .when(command)
      .thenRejected('NOT_AN_ADMINISTRATOR');
  });
});

describe('institutions', () => {
  it('are registered, and changed', () => {
    const data = { institution: institution('new', { represents: ['office', 'new'] }), by: 'admin' };
    given(...members)
      .when(registerInstitution(data.institution))
      .then({ type: 'InstitutionRegistered', data });
  });

  it('do not change by being registered as they are', () => {
    given(...members)
      .when(registerInstitution(institution('office')))
      .thenNothing();
  });

  it('represent members only', () => {
    given(...members)
      .when(registerInstitution(institution('new', { represents: ['nobody'] })))
      .thenRejected('UNKNOWN_INSTITUTION');
  });

  const registered: PolicyEvent = {
    type: 'InstitutionRegistered',
    data: { institution: institution('other', { represents: ['office'] }), by: 'admin' },
  };
  const agreed: PolicyEvent = {
    type: 'RepresentationAccepted',
    data: { institution: institution('other', { represents: ['office'], acceptedBy: ['office'] }), by: 'office' },
  };
  const accept = (by: Actor): PolicyCommand => ({ type: 'AcceptRepresentation', representative: 'other', actor: by });
  const end = (by: Actor): PolicyCommand => ({
    type: 'WithdrawRepresentation',
    representative: 'other',
    represented: 'office',
    actor: by,
  });

  it('are represented once they have agreed themselves, to what administrators have registered', () => {
    given(...members, registered)
      .when(accept(office))
      .then(agreed);
    given(...members, registered, agreed)
      .when(accept(office))
      .thenNothing();
    given(...members)
      .when(accept(office))
      .thenRejected('REPRESENTATION_NOT_FOUND');
    for (const stranger of [other, admin])
      given(...members, registered)
        .when(accept(stranger))
        .thenRejected('REPRESENTATION_NOT_FOUND');
    // What administrators send says nothing of who has agreed.
    const forged = institution('other', { represents: ['office', 'admin'], acceptedBy: ['office', 'admin'] });
    const kept = institution('other', { represents: ['office', 'admin'], acceptedBy: ['office'] });
    given(...members, registered, agreed)
      .when(registerInstitution(forged))
      .then({ type: 'InstitutionRegistered', data: { institution: kept, by: 'admin' } });
  });

  it('end a representation at once, either of the two, and it needs both to come back', () => {
    for (const by of [office, other, admin]) {
      const ended: PolicyEvent = {
        type: 'RepresentationWithdrawn',
        data: { institution: institution('other'), by: by.enterpriseNumber },
      };
      given(...members, registered, agreed)
        .when(end(by))
        .then(ended);
      given(...members, registered, agreed, ended)
        .when(accept(office))
        .thenRejected('REPRESENTATION_NOT_FOUND');
      given(...members, registered, agreed, ended)
        .when(registerInstitution(institution('other', { represents: ['office'] })))
        .then(registered);
    }
    const third = actor('third');
    given(...members, ...member('third'), registered, agreed)
      .when(end(third))
      .thenRejected('NOT_YOUR_REPRESENTATION');
    given(...members)
      .when(end(office))
      .thenRejected('REPRESENTATION_NOT_FOUND');
  });

  it('keep at least one administrator among them', () => {
    given(...members)
      .when(registerInstitution(institution('admin')))
      .thenRejected('LAST_ADMINISTRATOR');
    const withoutKey = institution('other', { roles: ['ADMINISTRATOR'] });
    const second: PolicyEvent = { type: 'InstitutionRegistered', data: { institution: withoutKey } };
    const data = { institution: institution('admin'), by: 'admin' };
    given(...members, second)
      .when(registerInstitution(data.institution))
      .then({ type: 'InstitutionRegistered', data });
  });
});

describe('keys', () => {
  it('are added to those that are there', () => {
    const data = { application: application('office', 'key of office', 'k2'), by: 'admin' };
    given(...members)
      .when(registerKeys(application('office', 'k2')))
      .then({ type: 'ApplicationRegistered', data });
    given(...members)
      .when(registerKeys(application('office', 'key of office')))
      .thenNothing();
  });

  it('have the rights and the end of the last registration, at most 400 days ahead', () => {
    const changed = { ...application('office', 'key of office'), rights: ['consult'] };
    given(...members)
      .when(registerKeys(changed))
      .then({ type: 'ApplicationRegistered', data: { application: changed, by: 'admin' } });
    for (const notAfter of [TIME, '2027-01-03T00:00:00.000Z', '2028-01-03T00:00:00.000Z'])
      if (notAfter.startsWith('2027'))
        given(...members)
          .when(registerKeys({ ...changed, notAfter }))
          .then({ type: 'ApplicationRegistered', data: { application: { ...changed, notAfter }, by: 'admin' } });
      else
        given(...members)
          .when(registerKeys({ ...changed, notAfter }))
          .thenRejected('END_OUT_OF_RANGE');
  });

  it('of the last administrator keep the right to administer', () => {
    const admins = application('admin', 'key of admin');
    given(...members)
      .when(registerKeys({ ...admins, rights: [] }))
      .thenRejected('LAST_ADMINISTRATOR');
  });

  it('belong to a member, and to one application', () => {
    given(...members)
      .when(registerKeys(application('nobody', 'k')))
      .thenRejected('UNKNOWN_INSTITUTION');
    given(...members)
      .when(registerKeys(application('other', 'key of office')))
      .thenRejected('KEY_OF_ANOTHER_APPLICATION');
    const many = Array.from({ length: MAX_KEYS }, (_, index) => `k${index}`);
    given(...members)
      .when(registerKeys(application('office', ...many)))
      .thenRejected('TOO_MANY_KEYS');
  });

  it('are withdrawn by administrators and by their own institution, for good', () => {
    const data = { application: application('office'), spkiHash: 'key of office', by: 'office' };
    const withdrawn: PolicyEvent = { type: 'KeyWithdrawn', data };
    given(...members)
      .when(withdraw('office', office))
      .then(withdrawn);
    given(...members)
      .when(withdraw('office', admin))
      .then({ type: 'KeyWithdrawn', data: { ...data, by: 'admin' } });
    given(...members)
      .when(withdraw('office', other))
      .thenRejected('NOT_YOUR_KEY');
    given(...members)
      .when(withdraw('office', admin, 'k'))
      .thenRejected('KEY_NOT_FOUND');
    given(...members, withdrawn)
      .when(withdraw('office', office))
      .thenRejected('KEY_NOT_REGISTERED');
    given(...members, withdrawn)
      .when(registerKeys(application('office', 'key of office')))
      .thenRejected('KEY_WITHDRAWN');
    given(...members, withdrawn)
      .when(submit)
      .thenRejected('KEY_NOT_REGISTERED');
  });

  it('are not withdrawn from the last administrator', () => {
    given(...members)
      .when(withdraw('admin', admin))
      .thenRejected('LAST_ADMINISTRATOR');
  });
});

describe('data services', () => {
  const fresh = { ...wages, name: 'employment.careers.v1' };

  it('are registered with known sources and reporters', () => {
    given(...members)
      .when(registerService(fresh))
      .then({ type: 'DataServiceRegistered', data: { dataService: fresh, by: 'admin' } });
    const supplier = { ...wages.supplier, source: 'nobody' };
    given(...members)
      .when(registerService({ ...fresh, supplier }))
      .thenRejected('UNKNOWN_INSTITUTION');
    const reporters = [{ enterpriseNumber: 'nobody', fieldGroups: ['amounts'] }];
    given(...members)
      .when(registerService({ ...fresh, reporters }))
      .thenRejected('UNKNOWN_INSTITUTION');
  });

  it('keep each group as the committee saw it', () => {
    const groups = (fieldGroups: DataService['fieldGroups']) => registerService({ ...wages, fieldGroups });
    given(...members)
      .when(registerService(wages))
      .thenNothing();
    given(...members)
      .when(groups([{ name: 'other', paths: ['x'] }]))
      .thenRejected('DATA_SERVICE_INCOMPATIBLE');
    given(...members)
      .when(groups([{ name: 'amounts', paths: ['amount'] }]))
      .thenRejected('DATA_SERVICE_INCOMPATIBLE');
    given(...members)
      .when(groups([{ name: 'amounts', paths: ['amount', 'total', 'bank'] }]))
      .thenRejected('DATA_SERVICE_INCOMPATIBLE');
    const more = {
      ...wages,
      fieldGroups: [
        { name: 'more', paths: ['x'] },
        { name: 'amounts', paths: ['total', 'amount'] },
      ],
    };
    given(...members)
      .when(registerService(more))
      .then({ type: 'DataServiceRegistered', data: { dataService: more, by: 'admin' } });
  });
});

describe('a document provider', () => {
  const registered = (of = documentProvider(), by = 'admin'): PolicyEvent => ({
    type: 'DocumentProviderRegistered',
    data: { documentProvider: of, by },
  });

  it('is registered, and changed, by administrators', () => {
    given(...members)
      .when(registerProvider(documentProvider()))
      .then(registered());
    const ended = documentProvider({ activity: { startDate: undefined, endDate: { year: 2026, month: 6, day: 30 } } });
    given(...members, registered())
      .when(registerProvider(ended))
      .then(registered(ended));
    given(...members, registered())
      .when(registerProvider(documentProvider()))
      .thenNothing();
  });

  it('is a member', () => {
    given(...members)
      .when(registerProvider(documentProvider({ enterpriseNumber: 'nobody' })))
      .thenRejected('UNKNOWN_INSTITUTION');
  });

  it('changes its own address, keys and maintenance, but not its activity', () => {
    const moved = documentProvider({
      address: 'elsewhere:8443',
      serverSpkiHashes: ['another key'],
      plannedMaintenance: [{ startTime: '2026-05-01T02:00:00.000Z', endTime: '2026-05-01T03:00:00.000Z' }],
    });
    given(...members, registered())
      .when(registerProvider(moved, office))
      .then(registered(moved, 'office'));
    given(...members, registered())
      .when(registerProvider(moved, other))
      .thenRejected('NOT_AN_ADMINISTRATOR');
    const forever = documentProvider({ activity: { startDate: undefined, endDate: undefined } });
    given(...members, registered())
      .when(registerProvider(forever, office))
      .thenRejected('NOT_AN_ADMINISTRATOR');
  });
});

describe('terms', () => {
  const text = { nl: 'x', fr: 'x', de: 'x', en: 'x' };
  const term = (kind: Term['kind'], name: string, en = 'x'): Term => ({
    kind,
    name,
    label: { name: { ...text, en }, phrase: text, description: text },
  });
  const registerTerms = (terms: readonly Term[], by = admin): PolicyCommand => ({
    type: 'RegisterTerms',
    terms,
    actor: by,
  });
  const registered = (one: Term): PolicyEvent => ({ type: 'TermRegistered', data: { term: one, by: 'admin' } });
  const [inquiry, inscription] = [term('LEGAL_CONTEXT', 'X:Y'), term('INSCRIPTION_CONTEXT', 'X:Y')];

  it('are registered by administrators, each as one change, and again only when they differ', () => {
    given(...members)
      .when(registerTerms([inquiry, inscription]))
      .then(registered(inquiry), registered(inscription));
    const changed = term('LEGAL_CONTEXT', 'X:Y', 'other');
    given(...members, registered(inquiry), registered(inscription))
      .when(registerTerms([changed, inscription]))
      .then(registered(changed));
    given(...members)
      .when(registerTerms([inquiry], office))
      .thenRejected('NOT_AN_ADMINISTRATOR');
  });

  it('are refused all when one names what is not registered', () => {
    for (const [unknown, reason] of [
      [term('DATA_SERVICE', 'unknown.v1'), 'UNKNOWN_DATA_SERVICE'],
      [term('FIELD_GROUP', 'unknown.v1/x'), 'UNKNOWN_DATA_SERVICE'],
    ] as const)
      given(...members)
        .when(registerTerms([inquiry, unknown]))
        .thenRejected(reason);
  });
});

describe('where an institution may inscribe', () => {
  const granted = (contexts: readonly string[]): PolicyEvent => ({
    type: 'InscriptionsGranted',
    data: {
      inscriptionGrant: {
        enterpriseNumber: 'office',
        inscriptionContexts: contexts,
        earlierStarts: false,
        dailyPersons: { consulted: 0, inscribed: 0, misses: 0 },
      },
      by: 'committee',
    },
  });

  it('is decided by the committee, whole', () => {
    given(...members)
      .when(grantInscriptions('office', ['17/2']))
      .then(granted(['17/2']));
    given(...members, granted(['17/2']))
      .when(grantInscriptions('office', ['17/2']))
      .thenNothing();
    given(...members, granted(['17/2']))
      .when(grantInscriptions('office', []))
      .then(granted([]));
  });

  it('is not decided by the institution, by administrators, or by the committee for itself', () => {
    for (const by of [office, admin])
      given(...members)
        .when(grantInscriptions('office', ['17/2'], by))
        .thenRejected('NOT_THE_COMMITTEE');
    given(...members)
      .when(grantInscriptions('committee', ['17/2']))
      .thenRejected('DECIDER_IS_RECIPIENT');
    given(...members)
      .when(grantInscriptions('nobody', ['17/2']))
      .thenRejected('UNKNOWN_INSTITUTION');
  });
});

describe('a deliberation', () => {
  const [grant] = draft.grants;
  const submitWith = (change: object): PolicyCommand => ({
    type: 'SubmitDeliberation',
    draft: { ...draft, grants: [{ ...grant, ...change } as typeof grant & {}] },
    actor: office,
  });

  it('is submitted by its recipient or an administrator', () => {
    given(...members)
      .when(submit)
      .then(wasSubmitted);
    const byAdmin = { deliberation: { ...submitted, submittedBy: 'admin' }, by: 'admin' };
    given(...members)
      .when({ type: 'SubmitDeliberation', draft, actor: admin })
      .then({ type: 'DeliberationSubmitted', data: byAdmin });
    given(...members)
      .when({ type: 'SubmitDeliberation', draft, actor: other })
      .thenRejected('NOT_THE_RECIPIENT');
    const nobody = { ...draft, recipient: 'nobody' };
    given(...members)
      .when({ type: 'SubmitDeliberation', draft: nobody, actor: admin })
      .thenRejected('UNKNOWN_INSTITUTION');
  });

  it('grants what is there', () => {
    given(...members)
      .when(submitWith({ dataService: 'employment.wages.v2' }))
      .thenRejected('UNKNOWN_DATA_SERVICE');
    given(...members)
      .when(submitWith({ fieldGroups: ['amounts', 'bank'] }))
      .thenRejected('UNKNOWN_FIELD_GROUP');
  });

  it('is decided by the committee, by somebody else, once', () => {
    given(...members, wasSubmitted)
      .when(approve())
      .then(wasApproved);
    given(...members)
      .when(approve())
      .thenRejected('DELIBERATION_NOT_FOUND');
    given(...members, wasSubmitted)
      .when(approve(admin))
      .thenRejected('NOT_THE_COMMITTEE');
    given(...members, wasSubmitted, wasApproved)
      .when(approve())
      .thenRejected('DELIBERATION_NOT_SUBMITTED');
    const promoted: PolicyEvent = {
      type: 'InstitutionRegistered',
      data: { institution: institution('office', { roles: ['COMMITTEE'] }) },
    };
    given(...members, wasSubmitted, promoted)
      .when(approve(office))
      .thenRejected('DECIDER_IS_SUBMITTER');
    const byAdmin: PolicyEvent = {
      type: 'DeliberationSubmitted',
      data: { deliberation: { ...submitted, submittedBy: 'admin' } },
    };
    given(...members, byAdmin, promoted)
      .when(approve(office))
      .thenRejected('DECIDER_IS_RECIPIENT');
  });

  it('can be rejected, and is never approved afterwards', () => {
    const rejected: PolicyEvent = {
      type: 'DeliberationRejected',
      data: { deliberation: { ...approved, state: 'REJECTED' }, reason: 'yes', by: 'committee' },
    };
    given(...members, wasSubmitted)
      .when({ ...approve(), approve: false } as PolicyCommand)
      .then(rejected);
    given(...members, wasSubmitted, rejected)
      .when(approve())
      .thenRejected('DELIBERATION_NOT_SUBMITTED');
    given(...members, wasSubmitted, rejected)
      .when(revoke())
      .thenRejected('DELIBERATION_NOT_APPROVED');
  });

  it('is revoked by the committee once it was approved', () => {
    const deliberation: Deliberation = { ...approved, state: 'REVOKED', revokeTime: '2026-02-01T00:00:00.000Z' };
    const revoked: PolicyEvent = {
      type: 'DeliberationRevoked',
      data: { deliberation, reason: 'misused', by: 'committee' },
    };
    given(...members, wasSubmitted, wasApproved)
      .when(revoke())
      .then(revoked);
    given(...members, wasSubmitted, wasApproved, revoked)
      .when(revoke())
      .thenRejected('DELIBERATION_NOT_APPROVED');
    given(...members, wasSubmitted)
      .when(revoke())
      .thenRejected('DELIBERATION_NOT_APPROVED');
    given(...members, wasSubmitted, wasApproved)
      .when(revoke(admin))
      .thenRejected('NOT_THE_COMMITTEE');
  });
});

describe('the policy, whatever is asked of it', () => {
  const anyActor = fc.constantFrom(admin, committee, office, other);
  const anyCommand: fc.Arbitrary<PolicyCommand> = fc.oneof(
    anyActor.map((by): PolicyCommand => ({ ...submit, actor: by })),
    anyActor.map(approve),
    anyActor.map(revoke),
    fc.tuple(fc.constantFrom('admin', 'office'), anyActor).map(([of, by]) => withdraw(of, by)),
    fc
      .tuple(
        fc.constantFrom('admin', 'office', 'committee'),
        fc.subarray(['ADMINISTRATOR', 'COMMITTEE'] as const),
        anyActor,
      )
      .map(([of, roles, by]) => registerInstitution(institution(of, { roles }), by)),
  );

  it('always has an administrator with a key, and never a deliberation that one institution alone brought about', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 20 }), (commands) => {
        const log = [...members];
        for (const command of commands)
          try {
            log.push(...policy.decide(command, log.reduce(policy.evolve, policy.initialState())));
          } catch (error) {
            if (!(error instanceof Rejection)) throw error;
          }
        const state = log.reduce(policy.evolve, policy.initialState());
        const administrators = [...state.applications.values()].filter(
          ({ enterpriseNumber, spkiHashes, rights }) =>
            spkiHashes.length > 0 &&
            rights.includes('administer') &&
            state.institutions.get(enterpriseNumber)?.roles.includes('ADMINISTRATOR'),
        );
        expect(administrators).not.toEqual([]);
        for (const event of log)
          if (event.type === 'DeliberationApproved')
            expect(event.data.by).not.toBe(event.data.deliberation.submittedBy);
      }),
    );
  });
});
