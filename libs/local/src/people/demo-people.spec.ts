import { type IsoDay, isEnterpriseNumber, parseSsin } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import { demoPeople, demoStatuses, demoWages } from './demo-people.js';
import type { PersonRecord } from './person-folder.js';

const people = async () => {
  const records: PersonRecord[] = [];
  for await (const record of demoPeople()) records.push(record);
  return records.flatMap((record) => ('facts' in record ? [record] : []));
};

describe('generated people', () => {
  it('there are at least forty generated people with unique test numbers', async () => {
    const ssins = (await people()).map(({ ssin }) => ssin);
    expect(ssins.length).toBeGreaterThanOrEqual(40);
    expect(new Set(ssins).size).toBe(ssins.length);
    const kinds = ssins.map((ssin) => {
      const parsed = parseSsin(ssin, { mode: 'development', today: '2026-11-01' as IsoDay });
      return parsed.ok ? parsed.kind : parsed.issue;
    });
    expect(new Set(kinds)).toEqual(new Set(['test']));
  });

  it('the same people are generated at each call', async () => {
    expect(await people()).toEqual(await people());
  });

  it('generated people have only generated people as relatives', async () => {
    const records = await people();
    const known = new Set(records.map(({ ssin }) => ssin));
    const relatives = records.flatMap(({ facts }) =>
      facts.flatMap(({ fact }) => (fact?.$case === 'familyRelation' ? [fact.value.relativeSsin] : [])),
    );
    expect(relatives.length).toBeGreaterThan(40);
    expect(relatives.filter((ssin) => !known.has(ssin))).toEqual([]);
  });

  it('generated people have wages, statuses, both or neither', async () => {
    const [wages, statuses] = [demoWages(), demoStatuses()];
    const kinds = (await people()).map(({ ssin }) => `${wages.has(ssin)} ${statuses.has(ssin)}`);
    expect(new Set(kinds).size).toBe(4);
    const employers = [...wages.values()].flatMap((one) => one.wages.map(({ employer }) => employer.enterpriseNumber));
    expect(employers.every(isEnterpriseNumber)).toBe(true);
  });
});
