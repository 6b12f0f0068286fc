import { setTimeout } from 'node:timers/promises';
import { Mailbox } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { Message } from '@crossroads/contracts/ebox/v1/message';
import {
  DownloadDocumentResponse,
  type HideMessageRequest,
  type ListMessagesRequest,
  type MarkMessageRequest,
} from '@crossroads/contracts/ebox/v1/message_service';
import { status } from '@crossroads/grpc';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MailModule } from '../src/mail/mail.module.js';
import { refusal, type StandIns, StandInPages } from './stand-in-pages.js';

const OWN = '0198f0a0-0000-7000-8000-000000000001';
const OF_MOTHER = '0198f0a0-0000-7000-8000-000000000002';
const MESSAGE = '0198f0a0-0000-7000-8000-00000000000a';
const OPENED = new Date('2026-01-01T00:00:00Z');

const own = Mailbox.fromPartial({
  mailboxId: OWN,
  consented: true,
  openTime: OPENED,
  unreadMessages: 1,
  preferences: {},
});
const mothers = Mailbox.fromPartial({
  mailboxId: OF_MOTHER,
  delegationLabel: 'Mother',
  consented: true,
  openTime: OPENED,
});

const letter = Message.fromPartial({
  messageId: MESSAGE,
  sender: '0206731645',
  senderName: 'Employment Office',
  subject: { nl: 'Beslissing', fr: 'Décision', en: '' },
  messageType: 'SOCIAL_BENEFIT_DECISION',
  receivedTime: new Date('2026-11-03T09:00:00Z'),
  expirationDate: { year: 2027, month: 1, day: 31 },
  registeredMail: true,
  documents: [{ documentId: 'a/b 1', name: 'decision.pdf', mediaType: 'application/pdf', size: 1_250_000n }],
  payment: {
    amount: '125.50',
    currency: 'EUR',
    iban: 'BE68539007547034',
    reference: '+++090/9337/55493+++',
    dueDate: { year: 2026, month: 12, day: 15 },
  },
});

describe('my mail', () => {
  let services: StandIns;
  let pages: StandInPages;
  let listed: ListMessagesRequest[];
  let marked: MarkMessageRequest[];
  let hidden: HideMessageRequest[];

  beforeAll(async () => {
    pages = await StandInPages.start([MailModule], () => services);
  });
  beforeEach(() => {
    [listed, marked, hidden] = [[], [], []];
    services = {
      mailboxes: { listMailboxes: () => Promise.resolve({ mailboxes: [own, mothers] }) },
      messages: {
        listMessages: (request) => {
          listed.push(request);
          return Promise.resolve({ messages: [letter], nextPageToken: 'older-ones' });
        },
        getMessage: () => Promise.resolve({ message: letter }),
        markMessage: (request) => {
          marked.push(request);
          return Promise.resolve({});
        },
        hideMessage: (request) => {
          hidden.push(request);
          return Promise.resolve({});
        },
      },
      publication: {
        listMessageTypes: () =>
          Promise.resolve({
            messageTypes: [
              {
                messageType: 'SOCIAL_BENEFIT_DECISION',
                title: {
                  nl: 'Beslissing over een uitkering',
                  fr: 'Décision',
                  de: 'Entscheidung',
                  en: 'Benefit decision',
                },
              },
            ],
          }),
      },
    };
  });
  afterAll(() => pages?.stop());

  const page = async (path: string): Promise<string> => (await pages.get(path)).text();

  it('mail is shown to nobody who is not signed in, who comes back to the same page afterwards', async () => {
    const answer = await pages.getAsStranger('/en/mail?hidden=yes');
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/en/sign-in?back=%2Fmail%3Fhidden%3Dyes');
  });

  it('the list says in words what is unread, registered, to be paid and until when, and is kept nowhere', async () => {
    const answer = await pages.get('/en/mail');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const html = await answer.text();
    for (const text of [
      'Unread',
      'Registered mail',
      'To pay: €125.50',
      '15 December 2026',
      '31 January 2027',
      'Employment Office',
      'Benefit decision',
    ])
      expect(html).toContain(text);
    expect(html).toContain('<bdi lang="nl">Beslissing</bdi>');
    expect(html).toContain('page=older-ones');
  });

  it('the mailboxes of others are offered by the name that their owners gave, and listed by their id', async () => {
    expect(await page('/en/mail')).toContain(`/en/mail?mailbox=${OF_MOTHER}`);
    await page(`/en/mail?mailbox=${OF_MOTHER}`);
    expect(listed.at(-1)?.mailbox).toEqual({ by: { $case: 'mailboxId', value: OF_MOTHER } });
    expect((await pages.get('/en/mail?mailbox=0198f0a0-0000-7000-8000-00000000dead')).status).toBe(404);
    expect((await pages.get("/en/mail?mailbox=';--")).status).toBe(404);
  });

  it('the words of a search stand in no address, while paging, the back button and another tab have them', async () => {
    const answer = await pages.post('/en/mail', { words: 'kinderbijslag Jan', read: 'unread' });
    expect(answer.status).toBe(303);
    const location = answer.headers.get('location') ?? '';
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax/);
    expect(`${location}${cookie}`).not.toMatch(/kinderbijslag|Jan/);
    expect(
      Buffer.from(new URLSearchParams(location.split('?')[1]).get('words') ?? '', 'base64url').toString('latin1'),
    ).not.toContain('kinder');

    for (const path of [location, `${location}&page=older-ones`]) {
      const html = await (await pages.get(path, { cookie })).text();
      expect(listed.at(-1)).toMatchObject({ words: 'kinderbijslag Jan', read: 1 });
      expect(html).toContain('value="kinderbijslag Jan"');
      expect(html).toContain(`href="${location.replaceAll('&', '&amp;')}`);
    }
    expect(listed.at(-1)?.pageToken).toBe('older-ones');
  });

  it('a search of another browser is not guessed at: the words are asked for again', async () => {
    const location = (await pages.post('/en/mail', { words: 'pension' })).headers.get('location') ?? '';
    const html = await page(location);
    expect(html).toContain('Type the words again');
    expect(listed).toEqual([]);
  });

  it('bad input of the filter is named at its field, and what was typed stays', async () => {
    const answer = await pages.post('/en/mail', {
      words: '??',
      sender: '123',
      'from-day': '31',
      'from-month': '2',
      'from-year': '2026',
    });
    expect(answer.status).toBe(400);
    const html = await answer.text();
    expect(html).toContain('href="#words"');
    expect(html).toContain('href="#sender"');
    expect(html).toContain('href="#from-day"');
    expect(html).toContain('value="31"');
    expect(listed).toEqual([]);
    const reversed = {
      'from-day': '2',
      'from-month': '2',
      'from-year': '2026',
      'to-day': '1',
      'to-month': '2',
      'to-year': '2026',
    };
    expect(await (await pages.post('/en/mail', reversed)).text()).toContain('must not be before the first day');
  });

  it('an address that was changed by hand is a page that does not exist, and no failure', async () => {
    services = {
      ...services,
      messages: {
        listMessages: () =>
          Promise.reject(
            refusal(status.INVALID_ARGUMENT, 'INVALID_INPUT', {
              violations: [{ field: 'page_token', reason: 'INVALID_PAGE_TOKEN', description: 'no' }],
            }),
          ),
      },
    };
    expect((await pages.get('/en/mail?page=forged')).status).toBe(404);
    expect((await pages.get('/en/mail?words=a&words=b&read[x]=1')).status).toBe(404);
  });

  it('somebody without a mailbox reads what consent means before it is asked for', async () => {
    services = {
      ...services,
      mailboxes: { listMailboxes: () => Promise.resolve({ mailboxes: [Mailbox.fromPartial({})] }) },
    };
    const html = await page('/fr/mail');
    expect(html).toContain('Ce que signifie votre consentement');
    expect(html).toContain('value="give-consent"');
    expect(listed).toEqual([]);
  });

  it('the eBox is away: the page says so', async () => {
    services = { ...services, mailboxes: { listMailboxes: () => Promise.reject(refusal(status.UNAVAILABLE, 'x')) } };
    expect((await pages.get('/en/mail')).status).toBe(503);
  });

  it('a service that does not take the token any more leads to sign-in', async () => {
    services = {
      ...services,
      mailboxes: { listMailboxes: () => Promise.reject(refusal(status.UNAUTHENTICATED, 'x')) },
    };
    expect((await pages.get('/de/mail')).headers.get('location')).toBe('/de/sign-in?back=%2Fmail');
  });

  it('a message says that it counts as read, what is to be paid and how, and what its documents are', async () => {
    const html = await page(`/en/mail/${MESSAGE}`);
    for (const text of [
      'counts as read',
      'BE68 5390 0754 7034',
      '+++090/9337/55493+++',
      'decision.pdf',
      'PDF',
      '1,3 MB',
    ])
      expect(html).toContain(text);
    expect(html).toContain(`/en/mail/${MESSAGE}/documents/a%2Fb%201`);
    expect(html).toContain('/en/accesses?kind=mail');
    expect(html).toMatch(/<title>Message/);
  });

  it('a message that the person may not see does not exist', async () => {
    services = {
      ...services,
      messages: { getMessage: () => Promise.reject(refusal(status.NOT_FOUND, 'RESOURCE_NOT_FOUND')) },
    };
    expect((await pages.get(`/en/mail/${MESSAGE}`)).status).toBe(404);
    expect((await pages.get('/en/mail/not-an-id')).status).toBe(404);
  });

  it('a message is marked as unread and hidden by forms, once for each form however often it is sent', async () => {
    const html = await page(`/en/mail/${MESSAGE}?mailbox=${OF_MOTHER}`);
    const [request = ''] = [...html.matchAll(/name="request" value="([^"]+)"/g)].map(([, id]) => id);
    const form = { request, action: 'mark-unread', mailbox: OF_MOTHER };
    for (let sent = 0; sent < 2; sent++) {
      const answer = await pages.post(`/en/mail/${MESSAGE}`, form);
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toBe(`/en/mail?mailbox=${OF_MOTHER}&done=unread`);
    }
    expect(marked.map(({ requestId, read }) => ({ requestId, read }))).toEqual([
      { requestId: request, read: false },
      { requestId: request, read: false },
    ]);
    expect((await pages.post(`/en/mail/${MESSAGE}`, { request, action: 'hide' })).headers.get('location')).toBe(
      '/en/mail?done=hidden',
    );
    expect(hidden[0]).toMatchObject({ messageId: MESSAGE, hidden: true });
    expect((await pages.post(`/en/mail/${MESSAGE}`, { request, action: 'toString' })).status).toBe(400);
    expect(await page('/en/mail?done=hidden')).toContain('The message is hidden');
  });

  const downloading = (parts: () => AsyncIterable<DownloadDocumentResponse>) => {
    services = { ...services, messages: { downloadDocument: parts } };
    return pages.get(`/en/mail/${MESSAGE}/documents/d1`);
  };
  const header = (name: string, mediaType: string, size: number) =>
    DownloadDocumentResponse.fromPartial({ part: { $case: 'header', value: { name, mediaType, size: BigInt(size) } } });
  const chunk = (bytes: string) =>
    DownloadDocumentResponse.fromPartial({ part: { $case: 'chunk', value: Buffer.from(bytes) } });

  it('a document is saved and never shown, under its name and with its length', async () => {
    const answer = await downloading(async function* () {
      yield header('Décision.pdf', 'application/pdf', 6);
      yield chunk('abc');
      yield chunk('def');
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('abcdef');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '6',
      'content-disposition': `attachment; filename="D_cision.pdf"; filename*=UTF-8''D%C3%A9cision.pdf`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store, no-transform',
    });
  });

  it('a document that fails on the way is a broken download and never a whole file', async () => {
    const answer = await downloading(async function* () {
      yield header('a.txt', 'text/plain', 6);
      yield chunk('abc');
      throw refusal(status.DATA_LOSS, 'DOCUMENT_CHANGED');
    });
    await expect(answer.text()).rejects.toThrow();
  });

  it('a document is fetched only as fast as the browser takes it, and no more once it has left', async () => {
    let sent = 0;
    let ended = false;
    const leaving = new AbortController();
    services = {
      ...services,
      messages: {
        downloadDocument: async function* (_request, options) {
          try {
            yield header('large.bin', 'application/octet-stream', 100 * 1024 * 1024);
            while (sent < 400 && !options?.signal?.aborted) {
              sent++;
              yield DownloadDocumentResponse.fromPartial({ part: { $case: 'chunk', value: Buffer.alloc(256 * 1024) } });
            }
          } finally {
            ended = true;
          }
        },
      },
    };
    const answer = await fetch(`${pages.url}/en/mail/${MESSAGE}/documents/d1`, {
      headers: { 'x-signed-in': 'yes' },
      signal: leaving.signal,
    });
    const reader = answer.body?.getReader();
    await reader?.read();
    // What is on the way stops growing while nobody reads.
    let before = -1;
    for (let tries = 0; before !== sent && tries < 100; tries++) {
      before = sent;
      await setTimeout(100);
    }
    expect(sent).toBeLessThan(100);
    leaving.abort();
    await reader?.closed.catch(() => undefined);
    for (let tries = 0; !ended && tries < 300; tries++) await setTimeout(100);
    expect(ended).toBe(true);
  });

  it('a provider that is away: the page says when to try again, and nothing is saved', async () => {
    const away = (retryAfterMs: number) =>
      downloading(() => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(refusal(status.UNAVAILABLE, 'DOCUMENT_TEMPORARILY_UNAVAILABLE', { retryAfterMs })),
        }),
      }));
    const soon = await away(30_000);
    expect(soon.status).toBe(503);
    expect(soon.headers.get('content-disposition')).toBeNull();
    expect(await soon.text()).toContain('Try again in a few minutes');
    expect(await (await away(3 * 60 * 60_000)).text()).toContain('Try again after 28 November 2026, 15:00');
  });

  it('a document that was changed or has expired is not given, and the page says what to do', async () => {
    const refused = (code: status, reason: string) =>
      downloading(() => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal(code, reason)) }) }));
    const changed = await refused(status.DATA_LOSS, 'DOCUMENT_CHANGED');
    expect([changed.status, await changed.text()]).toEqual([502, expect.stringContaining('Ask the sender')]);
    expect((await refused(status.FAILED_PRECONDITION, 'DOCUMENT_EXPIRED')).status).toBe(410);
    expect((await refused(status.NOT_FOUND, 'RESOURCE_NOT_FOUND')).status).toBe(404);
  });

  it('hostile subjects, names of senders and of documents stay text', async () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        '\u202Etxt.exe',
        '</title><svg/onload=a>',
        "';--",
        '\0\r\nset-cookie: a=b',
      ),
    );
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, hostile, async (subject, senderName, name, mediaType) => {
        const message = Message.fromPartial({
          ...letter,
          subject: { nl: subject },
          senderName,
          documents: [{ documentId: name, name, mediaType, size: 3n }],
          payment: { amount: subject, currency: name, iban: senderName, reference: subject },
        });
        services = {
          ...services,
          messages: {
            listMessages: () => Promise.resolve({ messages: [message], nextPageToken: '' }),
            getMessage: () => Promise.resolve({ message }),
            downloadDocument: async function* () {
              yield header(name, mediaType, 3);
              yield chunk('abc');
            },
          },
        };
        for (const html of [await page('/nl/mail'), await page(`/nl/mail/${MESSAGE}`)]) {
          expect(html).not.toMatch(/<script>alert|<img|<svg\//);
          expect(html).not.toMatch(/[\u202A-\u202E\u2066-\u2069\0]/u);
          expect(html.match(/<title>/g)).toHaveLength(1);
        }
        const file = await pages.get(`/nl/mail/${MESSAGE}/documents/d1`);
        expect(await file.text()).toBe('abc');
        expect(file.headers.get('content-disposition')).toMatch(
          /^attachment; filename="[^"\\/\p{Cc}]+"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/u,
        );
        expect(file.headers.get('set-cookie')).toBeNull();
      }),
      { numRuns: 60 },
    );
  });
});
