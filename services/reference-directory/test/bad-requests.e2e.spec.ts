import { randomUUID } from 'node:crypto';
import type {
  InscribeFileRequest,
  InscribeRequest,
  ListInscribedPersonsRequest,
} from '@crossroads/contracts/directory/v1/directory_service';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { newRequestId } from '@crossroads/grpc';
import { ssinCheck } from '@crossroads/identifiers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testNumber } from './numbers.js';
import { fileLine, refusalOf, WHOLE } from './requests.js';
import { type Directory, RunningDirectory, WELFARE_OFFICE } from './running-directory.js';

const GOOD = testNumber(1);
const day = (year: number, month: number, dayOfMonth: number) => ({ year, month, day: dayOfMonth });
let directory: RunningDirectory;
let asOffice: Directory;
let asExchange: Directory;
let asSubscription: Directory;

beforeAll(async () => {
  directory = await RunningDirectory.start();
  asOffice = directory.as(WELFARE_OFFICE);
  asExchange = directory.as('exchange');
  asSubscription = directory.as('subscription');
}, 90_000);
afterAll(async () => {
  asOffice.close();
  asExchange.close();
  asSubscription.close();
  await directory.close();
}, 30_000);

const withCheck = (nine: string) => nine + ssinCheck(nine, 1900);
const BAD_SSINS = [
  ['', 'REQUIRED'],
  ['8507300332', 'SSIN_MALFORMED'],
  ['85.07.30-033.28', 'SSIN_MALFORMED'],
  ['٨٥٠٧٣٠٠٣٣٢٨', 'SSIN_MALFORMED'],
  ['85073003329', 'SSIN_CHECKSUM'],
  [withCheck('851330033'), 'SSIN_IMPOSSIBLE_DATE'],
  [withCheck('850230001'), 'SSIN_IMPOSSIBLE_DATE'],
] as const;
const BAD_REQUEST_IDS = [
  ['', 'REQUIRED'],
  ['1', 'MALFORMED_REQUEST_ID'],
  ['6ba7b810-9dad-41d1-80b4-00c04fd430c8', 'MALFORMED_REQUEST_ID'],
  [newRequestId(Date.now() - 36 * 86_400_000), 'REQUEST_ID_TOO_OLD'],
  [newRequestId(Date.now() + 3_600_000), 'REQUEST_ID_IN_FUTURE'],
] as const;
const BAD_CONTEXTS = [
  ['', 'REQUIRED'],
  ['17', 'MALFORMED_CONTEXT'],
  ['17/1000', 'MALFORMED_CONTEXT'],
  ['017/2', 'MALFORMED_CONTEXT'],
  ['pcsa:living wage', 'MALFORMED_CONTEXT'],
  [`PCSA:${'X'.repeat(60)}`, 'MALFORMED_CONTEXT'],
  ['17/2\u0000', 'MALFORMED_CONTEXT'],
] as const;
const BAD_INSTITUTIONS = [
  ['0212177077', 'ENTERPRISE_NUMBER_CHECKSUM'],
  ['BE0212177076', 'ENTERPRISE_NUMBER_MALFORMED'],
] as const;

type Row = readonly [string, string, () => Promise<unknown>];
const listInscribed = (wrong: Partial<ListInscribedPersonsRequest>) => () =>
  asSubscription.listInscribedPersons({
    institution: WELFARE_OFFICE,
    inscriptionContext: '17/2',
    personIds: [],
    pageSize: 0,
    pageToken: '',
    ...wrong,
  });
const inscribe = (wrong: Partial<InscribeRequest>) => () =>
  asOffice.inscribe({
    requestId: newRequestId(),
    institution: '',
    ssin: GOOD,
    inscriptionContext: '17/2',
    period: WHOLE,
    ...wrong,
  });
const uninscribe = (wrong: Partial<Parameters<Directory['uninscribe']>[0]>) => () =>
  asOffice.uninscribe({
    requestId: newRequestId(),
    institution: '',
    ssin: GOOD,
    inscriptionContext: '17/2',
    endDate: undefined,
    ...wrong,
  });
const list = (wrong: Partial<Parameters<Directory['listInscriptions']>[0]>) => () =>
  asOffice.listInscriptions({ institution: '', ssin: '', pageSize: 0, pageToken: '', ...wrong });
const check = (wrong: Partial<Parameters<Directory['check']>[0]>) => () =>
  asExchange.check({ person: { by: { $case: 'ssin', value: GOOD } }, institutions: [], date: undefined, ...wrong });
const batchCheck = (wrong: Partial<Parameters<Directory['batchCheck']>[0]>) => () =>
  asExchange.batchCheck({ persons: [], institutions: [], date: undefined, ...wrong });
const header = (
  wrong: Partial<Extract<NonNullable<InscribeFileRequest['part']>, { $case: 'header' }>['value']> = {},
): InscribeFileRequest => ({
  part: { $case: 'header', value: { requestId: newRequestId(), institution: '', uninscribe: false, ...wrong } },
});
const file =
  (...messages: readonly InscribeFileRequest[]) =>
  async () => {
    const requests = async function* () {
      yield* messages;
    };
    for await (const _ of asOffice.inscribeFile(requests()));
  };
const chunk = (lines: number): InscribeFileRequest => ({
  part: { $case: 'chunk', value: { lines: Array.from({ length: lines }, () => fileLine(GOOD)) } },
});

/** One case for each wrong value of a field. */
const each = (
  field: string,
  values: readonly (readonly [string, string])[],
  call: (value: string) => () => Promise<unknown>,
): Row[] =>
  values.map(([value, reason]) => [
    `${field} ${JSON.stringify(value.slice(0, 40))}`,
    `${field} ${reason}`,
    call(value),
  ]);

const given = (values: readonly (readonly [string, string])[]) => values.filter(([value]) => value !== '');

const tables: Readonly<Record<string, readonly Row[]>> = {
  Inscribe: [
    ...each('request_id', BAD_REQUEST_IDS, (requestId) => inscribe({ requestId })),
    ...each('ssin', BAD_SSINS, (ssin) => inscribe({ ssin })),
    ...each('inscription_context', BAD_CONTEXTS, (inscriptionContext) => inscribe({ inscriptionContext })),
    ...each('institution', BAD_INSTITUTIONS, (institution) => inscribe({ institution })),
    [
      'a period that ends before it begins',
      'period.end_date INVALID_PERIOD',
      inscribe({ period: { startDate: day(2021, 1, 1), endDate: day(2020, 1, 1) } }),
    ],
    [
      'a day that does not exist',
      'period.start_date INVALID_DATE',
      inscribe({ period: { startDate: day(2021, 2, 29), endDate: undefined } }),
    ],
    [
      'a month only',
      'period.start_date INVALID_DATE',
      inscribe({ period: { startDate: day(2021, 2, 0), endDate: undefined } }),
    ],
    ['a number that nobody has', 'NUMBER_NOT_USABLE', inscribe({})],
  ],
  Uninscribe: [
    ...each('request_id', BAD_REQUEST_IDS, (requestId) => uninscribe({ requestId })),
    ...each('ssin', BAD_SSINS, (ssin) => uninscribe({ ssin })),
    ...each('inscription_context', BAD_CONTEXTS, (inscriptionContext) => uninscribe({ inscriptionContext })),
    ...each('institution', BAD_INSTITUTIONS, (institution) => uninscribe({ institution })),
    ['a day that does not exist', 'end_date INVALID_DATE', uninscribe({ endDate: day(2021, 13, 1) })],
  ],
  InscribeFile: [
    ['no message at all', 'header REQUIRED', file()],
    ['a chunk first', 'header REQUIRED', file(chunk(1))],
    ['two headers', 'chunk REQUIRED', file(header(), header())],
    ['an empty message', 'chunk REQUIRED', file(header(), { part: undefined })],
    ['too many lines', 'chunk.lines TOO_MANY', file(header(), chunk(5_001))],
    ...BAD_REQUEST_IDS.map(
      ([requestId, reason]): Row => [`request_id ${requestId}`, `request_id ${reason}`, file(header({ requestId }))],
    ),
    ...each('institution', BAD_INSTITUTIONS, (institution) => file(header({ institution }))),
  ],
  ListInscriptions: [
    ...each('ssin', given(BAD_SSINS), (ssin) => list({ ssin })),
    ...each('institution', BAD_INSTITUTIONS, (institution) => list({ institution })),
    ['a negative page size', 'page_size INVALID_PAGE_SIZE', list({ pageSize: -1 })],
    ['an invalid page token', 'page_token INVALID_PAGE_TOKEN', list({ pageToken: 'MTIz' })],
    ['a number that nobody has', 'PERSON_NOT_AVAILABLE', list({ ssin: GOOD })],
  ],
  ListInscribedPersons: [
    ...each('institution', [['', 'REQUIRED'], ...BAD_INSTITUTIONS], (institution) => listInscribed({ institution })),
    ...each('inscription_context', BAD_CONTEXTS, (inscriptionContext) => listInscribed({ inscriptionContext })),
    ['an invalid person id', 'person_ids[1] MALFORMED_UUID', listInscribed({ personIds: [randomUUID(), 'x'] })],
    [
      'too many persons',
      'person_ids TOO_MANY',
      listInscribed({ personIds: Array.from({ length: 1_001 }, () => randomUUID()) }),
    ],
    ['a negative page size', 'page_size INVALID_PAGE_SIZE', listInscribed({ pageSize: -1 })],
    ['an invalid page token', 'page_token INVALID_PAGE_TOKEN', listInscribed({ pageToken: 'MTIz' })],
  ],
  Check: [
    ['nobody', 'person.ssin REQUIRED', check({ person: undefined })],
    ...BAD_SSINS.map(
      ([value, reason]): Row => [
        `ssin ${value}`,
        `person.ssin ${reason}`,
        check({ person: { by: { $case: 'ssin', value } } }),
      ],
    ),
    [
      'an invalid person id',
      'person.person_id MALFORMED_UUID',
      check({ person: { by: { $case: 'personId', value: 'x' } } }),
    ],
    [
      'an invalid institution',
      'institutions[1] ENTERPRISE_NUMBER_CHECKSUM',
      check({ institutions: [WELFARE_OFFICE, '0212177077'] }),
    ],
    ['a day that does not exist', 'date INVALID_DATE', check({ date: day(0, 0, 0) })],
  ],
  BatchCheck: [
    [
      'one bad of many',
      'persons[1].ssin SSIN_CHECKSUM',
      batchCheck({
        persons: [{ by: { $case: 'ssin', value: GOOD } }, { by: { $case: 'ssin', value: '85073003329' } }],
      }),
    ],
    [
      'too many',
      'persons TOO_MANY',
      batchCheck({ persons: Array.from({ length: 5_001 }, () => ({ by: { $case: 'ssin', value: GOOD } })) }),
    ],
    ['an invalid institution', 'institutions[0] ENTERPRISE_NUMBER_MALFORMED', batchCheck({ institutions: ['x'] })],
    ['a day that does not exist', 'date INVALID_DATE', batchCheck({ date: day(2021, 2, 30) })],
  ],
};

it('every rpc has a table of bad requests', () => {
  expect(
    Object.keys(tables)
      .map((name) => name[0]?.toLowerCase() + name.slice(1))
      .sort(),
  ).toEqual(Object.keys(DirectoryServiceService).sort());
});

for (const [rpc, rows] of Object.entries(tables))
  describe(rpc, () => {
    it.each(rows)(`${rpc} refuses %s with %s`, async (_name, expected, call) => {
      expect(await refusalOf(call())).toBe(expected);
    });
  });

it('refused requests change nothing, and write nothing to the log', async () => {
  expect(
    (await asOffice.listInscriptions({ institution: '', ssin: '', pageSize: 0, pageToken: '' })).inscriptions,
  ).toEqual([]);
  expect(directory.process.output).toBe('');
});
