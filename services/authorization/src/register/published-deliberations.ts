import { Clock } from '@crossroads/configuration';
import type { Deliberation as DeliberationMessage } from '@crossroads/contracts/authorization/v1/policy';
import type { SearchDeliberationsResponse } from '@crossroads/contracts/authorization/v1/register_service';
import type { Text } from '@crossroads/contracts/text/v1/text';
import { NotFound } from '@crossroads/grpc';
import { dayOf } from '@crossroads/identifiers';
import { validityOf } from '@crossroads/policy';
import { Injectable } from '@nestjs/common';
import { LivePolicy } from '../policy/live-policy.js';
import { pageOf } from '../policy/page.js';
import { termKey } from '../policy/policy.decider.js';
import type { Deliberation, TermKind } from '../policy/policy-entities.js';
import { deliberationMessage } from '../policy/policy.message.js';
import type { SearchDeliberationsInput } from './register.pipe.js';
import { searchText, wordsOf } from './search-text.js';

/** What the committee has let in is public, also after it was revoked; what it was asked only is not. */
const isPublished = ({ state }: Deliberation): boolean => state === 'APPROVED' || state === 'REVOKED';

/** What everybody may know of the committee's decisions. */
@Injectable()
export class PublishedDeliberations {
  /** Of a deliberation as it stands: what is changed is another object. */
  private readonly ownTexts = new WeakMap<Deliberation, string>();

  constructor(
    private readonly live: LivePolicy,
    private readonly clock: Clock,
  ) {}

  /** @throws NotFound with one answer for what does not exist and what is not public */
  get(deliberationId: string): DeliberationMessage {
    const found = this.live.state.deliberations.get(deliberationId);
    if (!found || !isPublished(found))
      throw new NotFound('RESOURCE_NOT_FOUND', 'the register has no such deliberation');
    return deliberationMessage(found);
  }

  search(input: SearchDeliberationsInput): SearchDeliberationsResponse {
    const { words: text = '', recipients, dataService = '', legalContext = '', inForceOnly } = input;
    const words = wordsOf(text);
    const finders = words.map((word) => this.finderOf(word));
    const recipient = new Set<string>(recipients);
    const today = dayOf(this.clock.now());
    const found = [...this.live.state.deliberations.values()]
      .filter(
        (one) =>
          isPublished(one) &&
          (recipient.size === 0 || recipient.has(one.recipient)) &&
          (dataService === '' || one.grants.some((grant) => grant.dataService === dataService)) &&
          (legalContext === '' || one.grants.some((grant) => grant.legalContexts.includes(legalContext))) &&
          (!inForceOnly || isInForce(one, today)) &&
          (words.length === 0 || this.hasAll(finders, one)),
      )
      .reverse()
      .sort((a, b) => compare(b.decideTime, a.decideTime));
    const { page, nextPageToken } = pageOf(found, input, {
      filters: {
        list: 'published deliberations',
        words: words.join(' '),
        recipients: [...recipient].sort().join(' '),
        dataService,
        legalContext,
        inForceOnly: String(inForceOnly),
      },
      keyOf: ({ deliberationId }) => deliberationId,
    });
    return { deliberations: page.map(deliberationMessage), nextPageToken };
  }

  private hasAll(
    finders: readonly ReturnType<PublishedDeliberations['finderOf']>[],
    deliberation: Deliberation,
  ): boolean {
    const ownText = this.ownText(deliberation);
    return finders.every((finds) => finds(deliberation, ownText));
  }

  private ownText(deliberation: Deliberation): string {
    const known = this.ownTexts.get(deliberation);
    if (known !== undefined) return known;
    const text = searchText(`${deliberation.reference} ${deliberation.title}`);
    this.ownTexts.set(deliberation, text);
    return text;
  }

  /** Names of a deliberation recur in others: each is looked at once. */
  private finderOf(word: string): (deliberation: Deliberation, ownText: string) => boolean {
    const { institutions, terms } = this.live.state;
    const inTerm = (kind: TermKind) =>
      remembered((name) => {
        const label = terms.get(termKey({ kind, name }))?.label;
        return searchText([name, ...textsOf(label?.name), ...textsOf(label?.phrase)].join(' ')).includes(word);
      });
    const inRecipient = remembered((number) => searchText(institutions.get(number)?.name ?? '').includes(word));
    const inDataService = inTerm('DATA_SERVICE');
    const inLegalContext = inTerm('LEGAL_CONTEXT');
    return ({ recipient, grants }, ownText) =>
      ownText.includes(word) ||
      inRecipient(recipient) ||
      grants.some((grant) => inDataService(grant.dataService) || grant.legalContexts.some(inLegalContext));
  }
}

const remembered = (decide: (name: string) => boolean): ((name: string) => boolean) => {
  const decided = new Map<string, boolean>();
  return (name) => {
    const known = decided.get(name);
    if (known !== undefined) return known;
    const found = decide(name);
    decided.set(name, found);
    return found;
  };
};

const textsOf = (text: Text | undefined): string[] => (text ? [text.nl, text.fr, text.de, text.en] : []);

const isInForce = ({ state, grants }: Deliberation, today: string): boolean =>
  state === 'APPROVED' &&
  grants.some(({ validity }) => {
    const { start, end } = validityOf(validity);
    return start <= today && today < end;
  });

/** Of ISO 8601. */
const compare = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);
