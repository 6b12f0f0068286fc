import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { ACR_HIGH } from '@crossroads/client';
import { dayOf, parseSsin } from '@crossroads/identifiers';
import { errors, type Provider } from 'oidc-provider';
import type { Accounts, SignInPerson } from './accounts.js';
import { type Choices, choicePage, messagePage, ROLES } from './pages.js';
import { languageOf } from './texts.js';

/** The path of the page, before the id of the interaction. */
export const CHOICE = '/choice/';

const PER_PAGE = 20;
const MAX_BODY = 10_000;

/** The page on which somebody chooses who they are. Numbers and names travel in bodies of requests only. */
export class Choice {
  constructor(
    private readonly provider: Provider,
    private readonly accounts: Accounts,
    private readonly people: Promise<readonly SignInPerson[]>,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const interaction = await this.interaction(request, response);
    const { 'accept-language': accepted } = request.headers;
    if (interaction === undefined) {
      answer(response, 400, messagePage(languageOf(undefined, accepted), 'expired'));
      return;
    }
    const language = languageOf(textIn(interaction.params['ui_locales']), accepted);
    const show = async (form: URLSearchParams, fault?: Choices['fault']) => {
      const choices = await this.choicesOf(form, fault);
      answer(response, fault === undefined ? 200 : 422, choicePage(language, CHOICE + interaction.uid, choices));
    };
    if (request.method !== 'POST') return show(new URLSearchParams());
    const form = await formOf(request);
    if (form.has('cancel'))
      return this.finish(request, response, { error: 'access_denied', error_description: 'cancelled' });
    if (form.has('page')) return show(form);
    const account = accountOf(form);
    if (typeof account === 'string') return show(form, account);
    return this.finish(request, response, {
      login: { accountId: this.accounts.open(account), acr: ACR_HIGH, amr: ['user'], remember: true },
    });
  }

  private async interaction(request: IncomingMessage, response: ServerResponse) {
    try {
      return await this.provider.interactionDetails(request, response);
    } catch (error) {
      if (error instanceof errors.SessionNotFound) return undefined;
      throw error;
    }
  }

  private finish(
    request: IncomingMessage,
    response: ServerResponse,
    result: Parameters<Provider['interactionFinished']>[2],
  ): Promise<void> {
    return this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  private async choicesOf(form: URLSearchParams, fault: Choices['fault']): Promise<Choices> {
    const words = form.get('words') ?? '';
    const found = matching(await this.people, words);
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    const page = Math.min(pages, Math.max(1, Math.trunc(Number(form.get('page'))) || 1));
    return {
      people: found.slice((page - 1) * PER_PAGE, page * PER_PAGE),
      words,
      page,
      pages,
      enterprise: form.get('enterprise') ?? '',
      ...(fault === undefined ? {} : { fault }),
    };
  }
}

/** Each word is in the name, or in the number as it is written with or without its dots. */
const matching = (people: readonly SignInPerson[], words: string): readonly SignInPerson[] => {
  const wanted = plain(words).split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return people;
  return people.filter(({ ssin, name }) => {
    const known = plain(name);
    return wanted.every((word) => known.includes(word) || (/^[\d.-]+$/.test(word) && ssin.includes(digitsOf(word))));
  });
};

/** Without accents and capitals. */
const plain = (from: string): string => from.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

const digitsOf = (from: string): string => from.replace(/[\s./-]/g, '');

const accountOf = (form: URLSearchParams) => {
  const number = digitsOf(form.get('person') ?? form.get('ssin') ?? '');
  const parsed = parseSsin(number, { mode: 'development', today: dayOf(new Date()) });
  if (!parsed.ok) return 'wrongNumber';
  const enterprise = digitsOf(form.get('enterprise') ?? '');
  if (enterprise === '') return { ssin: parsed.ssin, enterpriseRoles: undefined };
  const role = ROLES.find((one) => one === form.get('role'));
  if (!/^\d{10}$/.test(enterprise) || role === undefined) return 'wrongEnterprise';
  return { ssin: parsed.ssin, enterpriseRoles: { [enterprise]: [role] } };
};

const formOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const length = Number(request.headers['content-length']);
  if (!(length <= MAX_BODY)) return new URLSearchParams({ page: '1' });
  return new URLSearchParams(await text(request));
};

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const answer = (response: ServerResponse, status: number, page: string): void => {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(page);
};
