import { Deliberation, DeliberationState, TermKind } from '@crossroads/contracts/authorization/v1/policy';
import {
  GetVocabularyResponse,
  type SearchDeliberationsRequest,
} from '@crossroads/contracts/authorization/v1/register_service';
import { status } from '@crossroads/grpc';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RegisterModule } from '../src/register/register.module.js';
import { refusal, type StandIns, StandInPages } from './stand-in-pages.js';

const ID = '0198f0a0-0000-4000-8000-000000000118';
const text = (word: string) => ({ nl: `${word} nl`, fr: `${word} fr`, de: `${word} de`, en: `${word} en` });
const label = (word: string) => ({ name: text(word), phrase: text(word), description: text(`${word} described`) });

const vocabulary = GetVocabularyResponse.fromPartial({
  policyRevision: 7n,
  institutions: [
    { enterpriseNumber: '0206731645', name: 'Employment <b>Office' },
    { enterpriseNumber: '0244640631', name: 'Pension Service' },
  ],
  terms: [
    { kind: TermKind.TERM_KIND_LEGAL_CONTEXT, name: 'UNEMPLOYMENT:BENEFIT', label: label('Benefits') },
    { kind: TermKind.TERM_KIND_DATA_SERVICE, name: 'employment.wages.v1', label: label('Wages') },
    { kind: TermKind.TERM_KIND_FIELD_GROUP, name: 'employment.wages.v1/amounts', label: label('Amounts') },
  ],
  dataServices: [
    { dataService: 'employment.wages.v1', title: 'Wages', source: '0244640631', fieldGroups: ['amounts'] },
    { dataService: 'person.v1', title: 'Persónnel', source: 'service:person-registry', fieldGroups: ['name'] },
  ],
});

const deliberation = Deliberation.fromPartial({
  deliberationId: ID,
  reference: '24/118',
  title: 'Unemployment <script>',
  recipient: '0206731645',
  state: DeliberationState.DELIBERATION_STATE_APPROVED,
  decideTime: new Date('2026-01-05T09:00:00Z'),
  grants: [
    {
      dataService: 'employment.wages.v1',
      fieldGroups: ['amounts'],
      legalContexts: ['UNEMPLOYMENT:BENEFIT'],
      inscriptionContexts: ['17/2'],
      validity: { startDate: { year: 2026, month: 1, day: 1 }, endDate: { year: 2027, month: 12, day: 31 } },
      online: true,
    },
  ],
});

describe('the public register', () => {
  let services: StandIns;
  let pages: StandInPages;
  let searched: SearchDeliberationsRequest[];

  beforeAll(async () => {
    pages = await StandInPages.start([RegisterModule], () => services);
  });
  beforeEach(() => {
    searched = [];
    services = {
      register: {
        getVocabulary: () => Promise.resolve(vocabulary),
        searchDeliberations: (request) => {
          searched.push(request);
          return Promise.resolve({ deliberations: [deliberation], nextPageToken: 'more' });
        },
        getPublishedDeliberation: () => Promise.resolve({ deliberation }),
      },
    };
  });
  afterAll(() => pages?.stop());

  it('a stranger may read it, and only what has no session in it is kept by a browser', async () => {
    const answer = await pages.getAsStranger('/en/register');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
    expect(answer.headers.get('vary')).toMatch(/Cookie/);
    const signedIn = await pages.get('/en/register');
    expect(signedIn.headers.get('cache-control')).toBe('no-store');
    expect(await signedIn.text()).toContain('Jan Peeters');
  });

  it('a search is an address, by pages, in which everything that was asked stays', async () => {
    const path = '/en/register?words=wages&institution=0206731645&data=employment.wages.v1&in-force=yes';
    const html = await (await pages.getAsStranger(path)).text();
    expect(searched[0]).toMatchObject({
      words: 'wages',
      recipients: ['0206731645'],
      dataService: 'employment.wages.v1',
      inForceOnly: true,
    });
    expect(html).toContain(`${path.replaceAll('&', '&amp;')}&amp;page=more`);
    expect(html).toContain('Wages en');
    expect(html).toContain('Employment &lt;b>Office');
    expect(html).not.toContain('<script>U');
  });

  it('a deliberation is told in words, with a link to its public text', async () => {
    const html = await (await pages.getAsStranger(`/fr/register/${ID}`)).text();
    for (const words of [
      'Wages fr',
      'Amounts described fr',
      'Benefits fr',
      '17/2',
      'En vigueur',
      '31 décembre 2027',
      'un agent',
    ])
      expect(html).toContain(words);
    expect(html).toContain('href="https://committee.example/24%2F118"');
    expect(html).toContain('Unemployment &lt;script>');
  });

  it('what does not exist, or was written by hand, is a page that does not exist', async () => {
    const gone = (code: status) => {
      services = {
        register: {
          ...services.register,
          getPublishedDeliberation: () => Promise.reject(refusal(code, 'x')),
          searchDeliberations: () => Promise.reject(refusal(code, 'x')),
        },
      };
    };
    gone(status.NOT_FOUND);
    expect((await pages.getAsStranger(`/en/register/${ID}`)).status).toBe(404);
    gone(status.INVALID_ARGUMENT);
    expect((await pages.getAsStranger('/en/register/..%2f..')).status).toBe(404);
    expect((await pages.getAsStranger('/en/register?page=forged')).status).toBe(404);
    gone(status.UNAVAILABLE);
    const away = await pages.getAsStranger('/en/register');
    expect([away.status, away.headers.get('cache-control')]).toEqual([503, 'no-store']);
    expect(await away.text()).toContain('The register does not answer now');
  });

  it('data is found by words of its name, description and source, whatever their accents', async () => {
    const all = await (await pages.getAsStranger('/en/data-services')).text();
    for (const words of [
      'Wages en',
      'Pension Service',
      'The crossroads itself',
      'Amounts described en',
      '/en/register?data=employment.wages.v1',
    ])
      expect(all).toContain(words);
    const found = await (await pages.getAsStranger('/en/data-services?words=personnel')).text();
    expect(found).toContain('Persónnel');
    expect(found).not.toContain('Wages en');
    expect(await (await pages.getAsStranger('/en/data-services?words=%3Cb%3E')).text()).toContain('No data fits');
  });
});
