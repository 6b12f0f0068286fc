import { MonthlyFigures, type ListMonthlyFiguresRequest } from '@crossroads/contracts/audit/v1/figures_service';
import { Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { status } from '@crossroads/grpc';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FiguresModule } from '../src/figures/figures.module.js';
import { StartModule } from '../src/start/start.module.js';
import { StateModule } from '../src/state/state.module.js';
import { StatementModule } from '../src/statement/statement.module.js';
import { LANGUAGES } from '../src/text/language.js';
import { refusal, type StandIns, StandInPages } from './stand-in-pages.js';

const figures = (customer: string, customerName: string, consultations: bigint) =>
  MonthlyFigures.fromPartial({
    month: { year: 2026, month: 10 },
    customer,
    customerName,
    consultations,
    refusedConsultations: 2n,
    deliveries: 3n,
    inscriptions: 4n,
  });

describe('public pages', () => {
  let services: StandIns;
  let pages: StandInPages;
  let asked: ListMonthlyFiguresRequest[];
  beforeAll(async () => {
    pages = await StandInPages.start([FiguresModule, StateModule, StatementModule, StartModule], () => services);
  });
  beforeEach(() => {
    asked = [];
    services = {
      figures: {
        listMonthlyFigures: (request) => {
          asked.push(request);
          return Promise.resolve(
            request.pageToken === ''
              ? { figures: [figures('0206731645', '=cmd|"x"', 1000n)], nextPageToken: 'two' }
              : { figures: [figures('0244640631', 'A <b>Service', 234n)], nextPageToken: '' },
          );
        },
      },
    };
  });
  afterAll(() => pages?.stop());

  it('the root leads to the language of the browser', async () => {
    const answer = await pages.getAsStranger('/', { 'accept-language': 'es, de-BE;q=0.9, fr;q=0.8' });
    expect([answer.status, answer.headers.get('location'), answer.headers.get('vary')]).toEqual([
      302,
      '/de',
      expect.stringContaining('Accept-Language'),
    ]);
    expect((await pages.getAsStranger('/xx')).status).toBe(404);
  });

  it('the first page says in each language what this is, and how to go on', async () => {
    for (const language of LANGUAGES) {
      const answer = await pages.getAsStranger(`/${language}`);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
      const html = await answer.text();
      expect(html).toContain(`<html lang="${language}"`);
      expect(html).toContain(`href="/${language}/sign-in"`);
      expect(html).toContain(`href="/${language}/register"`);
    }
  });

  it('who is signed in sees how many messages are unread, and the rest when the mail is away', async () => {
    services = {
      mailboxes: {
        listMailboxes: () => Promise.resolve({ mailboxes: [Mailbox.fromPartial({ unreadMessages: 3 })] }),
      },
    };
    const answer = await pages.get('/en');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toContain('You have 3 unread messages.');
    for (const code of [status.UNAVAILABLE, status.UNAUTHENTICATED]) {
      services = { mailboxes: { listMailboxes: () => Promise.reject(refusal(code, 'x')) } };
      const without = await pages.get('/en');
      expect(without.status).toBe(200);
      expect(await without.text()).toContain('href="/en/mail"');
    }
  });

  it('search engines are kept from what is personal', async () => {
    const answer = await pages.getAsStranger('/robots.txt');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toContain('Disallow: /*/mail');
  });

  it('what was exchanged in a month is a table with its total, from all pages of the answer', async () => {
    const html = await (await pages.getAsStranger('/en/figures?month=2026-10')).text();
    expect(asked.map(({ from, to, pageToken }) => ({ from, to, pageToken }))).toEqual([
      { from: { year: 2026, month: 10 }, to: { year: 2026, month: 10 }, pageToken: '' },
      { from: { year: 2026, month: 10 }, to: { year: 2026, month: 10 }, pageToken: 'two' },
    ]);
    expect(html).toContain('What was exchanged in October 2026');
    expect(html).toContain('A &lt;b>Service');
    expect(html).toMatch(/Total<.*1.234</s);
    await pages.getAsStranger('/en/figures');
    expect(asked.at(-1)?.from).toEqual({ year: 2026, month: 11 });
    expect((await pages.getAsStranger('/en/figures?month=2026-13')).status).toBe(404);
  });

  it('the table is downloaded as CSV in which no name is a formula', async () => {
    const answer = await pages.getAsStranger('/en/figures.csv?month=2026-10');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="figures-2026-10.csv"');
    expect(await answer.text()).toBe(
      [
        '"month","enterprise_number","institution","consultations","refused_consultations","deliveries","inscriptions"',
        `"2026-10","0206731645","'=cmd|""x""",1000,2,3,4`,
        '"2026-10","0244640631","A <b>Service",234,2,3,4',
        '',
      ].join('\r\n'),
    );
  });

  it('figures that are away are missed in words, and no empty file is downloaded', async () => {
    services = { figures: { listMonthlyFigures: () => Promise.reject(refusal(status.UNAVAILABLE, 'x')) } };
    const answer = await pages.getAsStranger('/en/figures');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([503, 'no-store']);
    expect(await answer.text()).toContain('The figures are not available now');
    expect((await pages.getAsStranger('/en/figures.csv')).status).toBe(503);
  });

  it('the state says of each part whether it answers, and asks once for all who look', async () => {
    let calls = 0;
    services = {
      figures: { listMonthlyFigures: () => Promise.reject(refusal(status.UNAVAILABLE, 'x')) },
      person: {
        getOwnPerson: () => {
          calls++;
          return Promise.reject(refusal(status.UNAUTHENTICATED, 'x'));
        },
      },
      inscriptions: { listOwnInscriptions: () => Promise.reject(refusal(status.DEADLINE_EXCEEDED, 'x')) },
      publication: { listMessageTypes: () => Promise.resolve({ messageTypes: [] }) },
      register: { searchDeliberations: () => Promise.resolve({ deliberations: [], nextPageToken: '' }) },
    };
    const [html = ''] = await Promise.all(
      Array.from({ length: 20 }, async () => (await pages.getAsStranger('/en/state')).text()),
    );
    expect(calls).toBe(1);
    expect(html.match(/Does not answer now/g)).toHaveLength(2);
    expect(html.match(/>Works</g)).toHaveLength(3);
    expect(html).toContain('Checked on 28 November 2026, 12:00');
  });

  it('the statements on accessibility and privacy are there in each language', async () => {
    for (const language of LANGUAGES)
      for (const page of ['accessibility', 'privacy']) {
        const answer = await pages.getAsStranger(`/${language}/${page}`);
        expect(answer.status).toBe(200);
        expect(await answer.text()).toMatch(page === 'privacy' ? /cookie/i : /axe/);
      }
  });
});
