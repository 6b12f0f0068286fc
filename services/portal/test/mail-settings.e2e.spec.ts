import {
  type AddDelegateRequest,
  type ChangePreferencesRequest,
  type GiveConsentRequest,
  Language,
  Mailbox,
  type WithdrawConsentRequest,
} from '@crossroads/contracts/ebox/v1/mailbox_service';
import { status } from '@crossroads/grpc';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MailModule } from '../src/mail/mail.module.js';
import { refusal, type StandIns, StandInPages } from './stand-in-pages.js';

const DELEGATION = '0198f0a0-0000-4000-8000-000000000009';
const NUMBER = '85.07.30-033.28';
const OPENED = new Date('2026-01-01T00:00:00Z');
const own = Mailbox.fromPartial({
  mailboxId: '0198f0a0-0000-7000-8000-000000000001',
  consented: true,
  openTime: OPENED,
  preferences: { language: Language.LANGUAGE_FR, notificationAddress: 'jan@example.org' },
});

const violation = (field: string, reason: string) =>
  refusal(status.INVALID_ARGUMENT, 'INVALID_INPUT', {
    violations: [{ field, reason, description: 'not for citizens' }],
  });

describe('settings of my mail', () => {
  let services: StandIns;
  let pages: StandInPages;
  let asked: {
    given: GiveConsentRequest[];
    withdrawn: WithdrawConsentRequest[];
    changed: ChangePreferencesRequest[];
    added: AddDelegateRequest[];
    removed: string[];
  };

  beforeAll(async () => {
    pages = await StandInPages.start([MailModule], () => services);
  });
  beforeEach(() => {
    asked = { given: [], withdrawn: [], changed: [], added: [], removed: [] };
    services = {
      mailboxes: {
        listMailboxes: () => Promise.resolve({ mailboxes: [own] }),
        listConsents: () =>
          Promise.resolve({
            consents: [
              { channel: 'MY_EBOX', given: true, time: OPENED, frontEnd: '0206731645' },
              { channel: 'BANK', given: false, time: OPENED, frontEnd: '0206731645' },
              { channel: 'BANK', given: true, time: OPENED, frontEnd: '0206731645' },
            ],
            nextPageToken: '',
          }),
        listDelegates: () =>
          Promise.resolve({
            delegates: [
              {
                delegationId: DELEGATION,
                label: '<b>Sister',
                period: undefined,
                addTime: OPENED,
                removeTime: undefined,
              },
            ],
          }),
        giveConsent: (request) => {
          asked.given.push(request);
          return Promise.resolve({ mailboxId: own.mailboxId });
        },
        withdrawConsent: (request) => {
          asked.withdrawn.push(request);
          return Promise.resolve({ consented: false });
        },
        changePreferences: (request) => {
          asked.changed.push(request);
          return Promise.resolve({});
        },
        addDelegate: (request) => {
          asked.added.push(request);
          return Promise.resolve({ delegationId: DELEGATION });
        },
        removeDelegate: ({ delegationId }) => {
          asked.removed.push(delegationId);
          return Promise.resolve({});
        },
      },
    };
  });
  afterAll(() => pages?.stop());

  const refusing = (error: Error) => {
    services = {
      mailboxes: {
        ...services.mailboxes,
        addDelegate: () => Promise.reject(error),
        changePreferences: () => Promise.reject(error),
        listDelegates: services.mailboxes?.listDelegates ?? (() => Promise.reject(error)),
      },
    };
  };

  it('consent is shown by channel with its history, and is withdrawn only after a second question', async () => {
    const html = await (await pages.get('/en/mail/settings')).text();
    expect(html).toContain('My eBox (these pages)');
    expect(html).not.toContain('channel=BANK');
    const question = await (await pages.get('/en/mail/settings/withdraw?channel=MY_EBOX')).text();
    expect(question).toContain('letters on paper again');
    expect(asked.withdrawn).toEqual([]);
    const answer = await pages.post('/en/mail/settings/withdraw', { request: 'r1', channel: 'MY_EBOX' });
    expect(answer.headers.get('location')).toBe('/en/mail/settings?done=withdrawn');
    expect(asked.withdrawn[0]).toMatchObject({ requestId: 'r1', channel: 'MY_EBOX' });
    expect((await pages.get('/en/mail/settings/withdraw?channel=%3Cscript%3E')).status).toBe(404);
  });

  it('consent is given in the language of the page', async () => {
    const answer = await pages.post('/de/mail/settings', { request: 'r1', action: 'give-consent', from: 'mail' });
    expect(answer.headers.get('location')).toBe('/de/mail?done=consent');
    expect(asked.given[0]).toMatchObject({ language: Language.LANGUAGE_DE, channel: 'MY_EBOX', requestId: 'r1' });
  });

  it('preferences are shown as they are kept, and are changed whole', async () => {
    const html = await (await pages.get('/en/mail/settings')).text();
    expect(html).toContain('value="jan@example.org"');
    const answer = await pages.post('/en/mail/settings', {
      request: 'r2',
      action: 'preferences',
      language: 'nl',
      exclusively: 'yes',
      address: 'a@example.org',
    });
    expect(answer.headers.get('location')).toBe('/en/mail/settings?done=preferences');
    expect(asked.changed[0]?.preferences).toEqual({
      language: Language.LANGUAGE_NL,
      exclusivelyEbox: true,
      notificationAddress: 'a@example.org',
    });
  });

  it('an address that is refused is named at its field, and what was typed stays', async () => {
    refusing(violation('preferences.notification_address', 'MALFORMED_EMAIL_ADDRESS'));
    const answer = await pages.post('/en/mail/settings', {
      request: 'r',
      action: 'preferences',
      language: 'nl',
      address: 'no"address',
    });
    expect(answer.status).toBe(400);
    const html = await answer.text();
    expect(html).toContain('href="#address"');
    expect(html).toContain('Type an e-mail address such as');
    expect(html).toContain('value="no&quot;address"');
    const without = await pages.post('/en/mail/settings', { request: 'r', action: 'preferences', address: '' });
    expect(await without.text()).toContain('href="#language"');
  });

  it('somebody is let in by a number as it stands on a card, which is in no address', async () => {
    const answer = await pages.post('/en/mail/settings/delegates', {
      request: 'r3',
      number: NUMBER,
      label: 'My daughter',
      'to-day': '1',
      'to-month': '2',
      'to-year': '2027',
    });
    expect(answer.headers.get('location')).toBe('/en/mail/settings?done=added');
    expect(asked.added[0]).toMatchObject({
      requestId: 'r3',
      ssin: '85073003328',
      label: 'My daughter',
      period: { startDate: undefined, endDate: { year: 2027, month: 2, day: 1 } },
    });
    expect(await (await pages.get(`/en/mail/settings/delegates?number=${NUMBER}`)).text()).not.toContain(
      `value="${NUMBER}"`,
    );
  });

  it('each field that is wrong is named, by the page or by the service', async () => {
    const empty = await (
      await pages.post('/en/mail/settings/delegates', { request: 'r', number: '12', 'from-day': '32' })
    ).text();
    for (const text of ['href="#number"', 'href="#label"', 'href="#from-day"', 'value="12"', 'value="32"'])
      expect(empty).toContain(text);
    expect(asked.added).toEqual([]);

    for (const [field, reason, text] of [
      ['ssin', 'UNKNOWN_SSIN', 'Nobody has this number'],
      ['ssin', 'OWN_SSIN', 'You read this mailbox already'],
      ['ssin', 'SSIN_CHECKSUM', 'This is no valid number'],
      ['period.end_date', 'PERIOD_ENDED', 'today or later'],
    ] as const) {
      refusing(violation(field, reason));
      const answer = await pages.post('/en/mail/settings/delegates', { request: 'r', number: NUMBER, label: 'x' });
      expect(answer.status).toBe(400);
      const html = await answer.text();
      expect(html).toContain(text);
      expect(html).toContain(`value="${NUMBER}"`);
    }
    refusing(violation('request_id', 'MALFORMED_REQUEST_ID'));
    expect((await pages.post('/en/mail/settings/delegates', { request: 'r', number: NUMBER, label: 'x' })).status).toBe(
      400,
    );
    refusing(refusal(status.FAILED_PRECONDITION, 'TOO_MANY_DELEGATES'));
    const full = await pages.post('/en/mail/settings/delegates', { request: 'r', number: NUMBER, label: 'x' });
    expect(await full.text()).toContain('20 may read at once');
  });

  it('somebody is removed only after a second question that names them', async () => {
    const path = `/en/mail/settings/delegates/${DELEGATION}/remove`;
    expect(await (await pages.get(path)).text()).toContain('&lt;b>Sister');
    expect(asked.removed).toEqual([]);
    expect((await pages.post(path, { request: 'r' })).headers.get('location')).toBe('/en/mail/settings?done=removed');
    expect(asked.removed).toEqual([DELEGATION]);
    expect((await pages.get(path.replace('8000', '8001'))).status).toBe(404);
  });

  it('who may only read a mailbox cannot see or change its settings', async () => {
    const delegated = { ...own, mailboxId: own.mailboxId.replace('01', '02'), preferences: undefined };
    services = {
      mailboxes: { ...services.mailboxes, listMailboxes: () => Promise.resolve({ mailboxes: [own, delegated] }) },
    };
    expect((await pages.get(`/en/mail/settings?mailbox=${delegated.mailboxId}`)).status).toBe(403);
    refusing(refusal(status.PERMISSION_DENIED, 'MISSING_PERMISSION'));
    expect((await pages.post('/en/mail/settings/delegates', { request: 'r', number: NUMBER, label: 'x' })).status).toBe(
      403,
    );
  });
});
