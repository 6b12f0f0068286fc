import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type IsoDay, parseSsin } from '@crossroads/identifiers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type PersonRecord, readPersonFolder } from './person-folder.js';
import { readStatuses } from './statuses.js';
import { readWages } from './wages.js';

const TODAY = '2026-11-01' as IsoDay;
const MAGDA_MOCK = fileURLToPath(new URL('../../../../../shared/data/magda-mock', import.meta.url));

const all = async (folder: string): Promise<PersonRecord[]> => {
  const records: PersonRecord[] = [];
  for await (const record of readPersonFolder(folder, TODAY)) records.push(record);
  return records;
};

describe('a folder of answers', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'people-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = async (file: string, content: string | Buffer) => {
    const path = join(folder, 'Persoon/GeefPersoon', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  };
  const answer = (inside: string, head = '') =>
    `${head}<a:R xmlns:a="urn:x"><Repliek><Antwoorden><Antwoord>${inside}</Antwoord></Antwoorden></Repliek></a:R>`;
  const person = (inside: string) => answer(`<Inhoud><Persoon><INSZ>62691699717</INSZ>${inside}</Persoon></Inhoud>`);
  const only = async (): Promise<Extract<PersonRecord, { facts: unknown }>> => {
    const [record, ...others] = await all(folder);
    if (!record || 'refused' in record || others.length > 0)
      throw new Error(`not one person: ${JSON.stringify(record)}`);
    return record;
  };

  it('a folder has one record for each file of every version, without an SSIN in its reference', async () => {
    const name = '<Naam><Achternamen><Achternaam>Maes</Achternaam></Achternamen></Naam>';
    await put('02.02.0000/62691699717.xml', person(name));
    await put('03.00.0000/62691699717.xml', person(name));
    await put('03.00.0000/notfound.xml', answer('<Uitzonderingen><Uitzondering/></Uitzonderingen>'));
    const records = await all(folder);
    expect(records.map(({ reference }) => reference)).toEqual([
      '02.02.0000/file 1',
      '03.00.0000/file 1',
      '03.00.0000/notfound.xml',
    ]);
    expect(records[2]).toEqual({ reference: '03.00.0000/notfound.xml', refused: 'NO_PERSON' });
  });

  it.each([
    ['empty', '', 'NOT_XML'],
    ['no XML', 'SSIN;name\n', 'NOT_XML'],
    ['truncated', answer('<Inhoud><Persoon><INSZ>62691699717</INSZ>').slice(0, -40), 'NOT_XML'],
    ['XML with entities of its own', answer('', '<!DOCTYPE x [<!ENTITY a "aaaa">]>'), 'NOT_XML'],
    ['other XML', '<html><body>Not found</body></html>', 'NO_ANSWER'],
    ['an answer without a person', answer('<Inhoud/>'), 'NO_PERSON'],
    ['a person without a number', answer('<Inhoud><Persoon><Naam/></Persoon></Inhoud>'), 'NO_NUMBER'],
    ['in an unknown encoding', answer('', '<?xml version="1.0" encoding="x-klingon"?>'), 'UNKNOWN_ENCODING'],
    ['not in the encoding that it says', Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0xfe, 0x3c]), 'UNKNOWN_ENCODING'],
    ['huge', `<a>${' '.repeat(5_000_000)}</a>`, 'FILE_TOO_LARGE'],
  ])('says why a file that is %s holds nobody', async (_, content, refused) => {
    await put('02.02.0000/x.xml', content);
    expect(await all(folder)).toEqual([{ reference: '02.02.0000/x.xml', refused }]);
  });

  it('answers are read in any envelope and encoding', async () => {
    const inside = person(
      '<Naam><Voornamen><Voornaam GebruikelijkeVoornaam="1">Ren&#233;</Voornaam></Voornamen></Naam>',
    );
    const envelope = `<?xml version="1.0" encoding="ISO-8859-1"?><s:Envelope xmlns:s="urn:s"><s:Body>${inside}</s:Body></s:Envelope>`;
    await put('02.02.0000/x.xml', Buffer.from(envelope, 'latin1'));
    expect((await only()).facts[0]?.fact?.value).toEqual({ familyNames: [], givenNames: ['René'] });
  });

  it('the last day of a period and incomplete dates are read unchanged', async () => {
    const abroad =
      '<Land><ISOCode>NOR</ISOCode></Land><Teksten><Tekst>Kastevegen 15</Tekst><Tekst>3830 ULEFOSS</Tekst></Teksten>';
    await put(
      '02.02.0000/x.xml',
      person(`<Geboorte DatumBegin="1962-09-16"><Datum>1962-00-00</Datum></Geboorte>
        <Adressen><VerblijfplaatsBuitenland DatumBegin="2010-01-01" DatumEinde="2012-12-31">${abroad}</VerblijfplaatsBuitenland></Adressen>`),
    );
    const { facts } = await only();
    expect(facts[0]?.fact?.value).toEqual({ date: { year: 1962, month: 0, day: 0 }, place: undefined });
    expect(facts[1]?.period).toEqual({
      startDate: { year: 2010, month: 1, day: 1 },
      endDate: { year: 2012, month: 12, day: 31 },
    });
    expect(facts[1]?.fact?.value).toMatchObject({
      street: 'Kastevegen 15',
      municipality: '3830 ULEFOSS',
      countryCode: 'NOR',
    });
  });

  it('elements without a usable value are left out, and the person is read', async () => {
    await put(
      '02.02.0000/x.xml',
      person(`<Geslacht><Code>X</Code></Geslacht><Nationaliteiten><Nationaliteit><Code>RR</Code></Nationaliteit></Nationaliteiten>
        <BurgerlijkeStaten><BurgerlijkeStaat><Code>gehuwd</Code></BurgerlijkeStaat></BurgerlijkeStaten>
        <Geboorte><Datum>1962-13-45</Datum></Geboorte>
        <Naam DatumBegin="2020-01-02" DatumEinde="2020-01-01"><Achternamen><Achternaam>Maes</Achternaam></Achternamen></Naam>
        <AfstammingenDalendeLijn><AfstammingDalendeLijn><Kind><INSZ>62691699718</INSZ></Kind></AfstammingDalendeLijn>
        <AfstammingDalendeLijn><Kind/></AfstammingDalendeLijn>
        <AfstammingDalendeLijn><Kind><INSZ>62691699717</INSZ></Kind></AfstammingDalendeLijn></AfstammingenDalendeLijn>`),
    );
    const { facts, leftOut } = await only();
    expect(facts).toEqual([]);
    expect([...leftOut].sort()).toEqual(['BurgerlijkeStaat', 'Geboorte', 'Geslacht', 'INSZ', 'Naam', 'Nationaliteit']);
  });

  it('a folder that does not exist has no records', async () => {
    expect(await all(join(folder, 'nowhere'))).toEqual([]);
    expect((await readWages(folder, TODAY)).bySsin.size).toBe(0);
  });
});

const whereItLies = existsSync(MAGDA_MOCK) ? describe : describe.skip;
if (!existsSync(MAGDA_MOCK)) process.stderr.write(`skipped: ${MAGDA_MOCK} is not there\n`);

whereItLies('the Flemish mock', () => {
  it('the Flemish mock has 304 records', async () => {
    const records = await all(MAGDA_MOCK);
    const refused = records.flatMap((record) => ('refused' in record ? [record.refused] : []));
    const persons = records.flatMap((record) => ('facts' in record ? [record] : []));
    const kinds = persons.flatMap(({ facts }) => facts.map(({ fact }) => fact?.$case ?? 'none'));
    const issues = persons.flatMap(({ ssin }) => {
      const parsed = parseSsin(ssin, { mode: 'development', today: TODAY });
      return parsed.ok ? [] : [parsed.issue];
    });
    expect(records).toHaveLength(304);
    expect(count(refused)).toEqual({ NO_PERSON: 1 });
    // Two files hold the number with the impossible date; the register refuses both.
    expect(count(issues)).toEqual({ checksum: 2, 'impossible-date': 2 });
    expect(count(kinds)).toEqual({
      name: 303,
      birth: 303,
      gender: 303,
      address: 314,
      civilStatus: 134,
      nationality: 303,
      familyRelation: 275,
      death: 12,
    });
    expect(count(persons.flatMap(({ leftOut }) => leftOut))).toEqual({ Nationaliteit: 2, INSZ: 1 });
  });

  it('the Flemish mock has wages of 10 people and statuses of 31', async () => {
    const wages = await readWages(MAGDA_MOCK, TODAY);
    const statuses = await readStatuses(MAGDA_MOCK, TODAY);
    expect([wages.bySsin.size, count(wages.skipped.map(({ reason }) => reason))]).toEqual([10, { NO_DATA: 2 }]);
    expect([statuses.bySsin.size, count(statuses.skipped.map(({ reason }) => reason))]).toEqual([
      31,
      { NO_DATA: 3, SSIN_CHECKSUM: 1 },
    ]);
    expect(wages.bySsin.get('71640618918')?.wages[0]).toEqual({
      quarter: '2023-Q3',
      employer: { enterpriseNumber: '0454394421', nssoNumber: '8868157565' },
      employments: [
        {
          startDate: '2020-09-01',
          jointCommittee: '200',
          daysPerWeek: '5.00',
          hoursPerWeek: '40.00',
          daysWorked: '65.00',
          municipalityCode: '31005',
        },
      ],
      amounts: { guaranteedSickPay: '241.03', currency: 'EUR' },
    });
  });
});

const count = (items: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(items, (item) => item)
      .entries()
      .map(([item, all]) => [item, all.length]),
  );
