import { RemoteError } from '@crossroads/grpc';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { id } from './calls.js';
import { draft, registerWages, wages } from './requests.js';
import { numbers, outcomeOf, RunningAuthorization } from './running-authorization.js';

describe('authorization takes', () => {
  let authorization: RunningAuthorization;
  beforeAll(async () => {
    authorization = await RunningAuthorization.start();
    await authorization.registerMembers();
    await registerWages(authorization);
  });
  afterAll(() => authorization.close());

  it('whatever is sent, without falling over', async () => {
    const administrator = authorization.as('administrator');
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('', numbers.welfareOffice, wages.dataService, 'PCSA:SOCIAL_INQUIRY', '__proto__'),
    );
    const json = fc.dictionary(
      fc.oneof(fc.constantFrom('type', 'properties', '$ref', 'pattern', 'items', 'allOf', 'enum'), text),
      fc.jsonValue(),
    );
    const texts = fc.array(text, { maxLength: 4 });
    const number = fc.integer({ min: -2, max: 40_000 });
    const day = fc.option(fc.record({ year: number, month: number, day: number }), { nil: undefined });
    const instant = fc.option(fc.date({ noInvalidDate: true }), { nil: undefined });
    const requestId = fc.constantFrom('', 'x').map((wrong) => (Math.random() < 0.8 ? id() : wrong));
    const anyGrant = fc.record({
      dataService: text,
      fieldGroups: texts,
      legalContexts: texts,
      inscriptionContexts: texts,
      validity: fc.option(fc.record({ startDate: day, endDate: day }), { nil: undefined }),
      online: fc.boolean(),
      subscription: fc.boolean(),
      withoutOfficial: fc.boolean(),
    });
    const anyText = fc.option(fc.record({ nl: text, fr: text, de: text, en: text }), { nil: undefined });
    const anyLabel = fc.record({ name: anyText, phrase: anyText, description: anyText });
    const register = authorization.registerAs('administrator');
    const groups = fc.array(fc.record({ name: text, paths: texts }), { maxLength: 3 });
    const calls = fc.oneof(
      fc
        .record({
          requestId,
          institution: fc.record({
            enterpriseNumber: text,
            name: text,
            roles: fc.array(number),
            represents: texts,
            acceptedBy: texts,
            officialKeys: fc.array(fc.record({ kid: text, jwk: json }), { maxLength: 2 }),
          }),
        })
        .map((request) => () => administrator.registerInstitution(request)),
      fc
        .record({
          requestId,
          application: fc.record({
            enterpriseNumber: text,
            name: text,
            spkiHashes: texts,
            rights: texts,
            notAfter: fc.option(fc.date({ noInvalidDate: true }), { nil: undefined }),
          }),
        })
        .map((request) => () => administrator.registerApplication(request)),
      fc
        .record({
          requestId,
          dataService: fc.record({
            dataService: text,
            title: text,
            jsonSchema: json,
            fieldGroups: groups,
            supplier: fc.record({ source: text, address: text, deadlineMs: number }),
            reporters: fc.array(fc.record({ enterpriseNumber: text, fieldGroups: texts }), { maxLength: 2 }),
          }),
        })
        .map((request) => () => administrator.registerDataService(request)),
      fc
        .record({
          requestId,
          documentProvider: fc.record({
            enterpriseNumber: text,
            address: text,
            serverSpkiHashes: texts,
            apiVersions: texts,
            activity: fc.option(fc.record({ startDate: day, endDate: day }), { nil: undefined }),
            plannedMaintenance: fc.array(fc.record({ startTime: instant, endTime: instant }), { maxLength: 2 }),
            deadlineMs: number,
          }),
        })
        .map((request) => () => administrator.registerDocumentProvider(request)),
      fc
        .record({
          requestId,
          inscriptionGrant: fc.record({
            enterpriseNumber: text,
            inscriptionContexts: texts,
            earlierStarts: fc.boolean(),
            dailyPersons: fc.option(fc.record({ consulted: number, inscribed: number, misses: number }), {
              nil: undefined,
            }),
          }),
        })
        .map((request) => () => authorization.as('committee').grantInscriptions(request)),
      fc
        .record({
          requestId,
          terms: fc.array(fc.record({ kind: number, name: text, label: fc.option(anyLabel, { nil: undefined }) }), {
            maxLength: 3,
          }),
        })
        .map((request) => () => administrator.registerTerms(request)),
      fc
        .record({ policyRevision: fc.bigInt({ min: -2n, max: 40n }) })
        .map((request) => () => register.getVocabulary(request)),
      fc
        .record({
          words: text,
          recipients: texts,
          dataService: text,
          legalContext: text,
          inForceOnly: fc.boolean(),
          pageSize: number,
          pageToken: text,
        })
        .map((request) => () => register.searchDeliberations(request)),
      fc.record({ deliberationId: text }).map((request) => () => register.getPublishedDeliberation(request)),
      fc
        .record({
          requestId,
          reference: text,
          title: text,
          recipient: text,
          grants: fc.array(anyGrant, { maxLength: 3 }),
        })
        .map(
          ({ requestId, ...rest }) =>
            () =>
              administrator.submitDeliberation({ requestId, deliberation: { ...draft, ...rest } }),
        ),
      fc
        .record({
          customer: text,
          dataService: text,
          fieldGroups: texts,
          legalContext: text,
          inscriptionContexts: texts,
          subscription: fc.boolean(),
          date: day,
        })
        .map((request) => () => administrator.check(request)),
      fc
        .record({ recipient: text, pageSize: number, pageToken: text })
        .map((request) => () => administrator.listDeliberations(request)),
    );
    await fc.assert(
      fc.asyncProperty(calls, async (call) => {
        const error: unknown = await call().catch((thrown: unknown) => thrown);
        if (error instanceof RemoteError)
          expect([status.INTERNAL, status.UNKNOWN, status.UNAVAILABLE]).not.toContain(error.code);
      }),
      { numRuns: 500 },
    );
    expect(await outcomeOf(administrator.listDataServices({ pageSize: 0, pageToken: '' }))).toBe('OK');
    expect(authorization.process.output).not.toContain('"level":"error"');
  });
});
