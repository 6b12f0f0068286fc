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
  /** Of names, as of a policy revision: an institution or a term may have got other words. */
  private names = new Map<string, string>();
  private namesAt = -1n;

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
          this.hasAll(words, one),
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

  private hasAll(words: readonly string[], deliberation: Deliberation): boolean {
    if (words.length === 0) return true;
    const own = this.ownText(deliberation);
    const { recipient, grants } = deliberation;
    return words.every(
      (word) =>
        own.includes(word) ||
        this.nameText(recipient, () => [this.live.state.institutions.get(recipient)?.name ?? '']).includes(word) ||
        grants.some(
          ({ dataService, legalContexts }) =>
            this.termText('DATA_SERVICE', dataService).includes(word) ||
            legalContexts.some((context) => this.termText('LEGAL_CONTEXT', context).includes(word)),
        ),
    );
  }

  private ownText(deliberation: Deliberation): string {
    const known = this.ownTexts.get(deliberation);
    if (known !== undefined) return known;
    const text = searchText(`${deliberation.reference} ${deliberation.title}`);
    this.ownTexts.set(deliberation, text);
    return text;
  }

  private termText(kind: TermKind, name: string): string {
    const key = termKey({ kind, name });
    return this.nameText(key, () => {
      const label = this.live.state.terms.get(key)?.label;
      return [name, ...textsOf(label?.name), ...textsOf(label?.phrase)];
    });
  }

  private nameText(key: string, textsOfName: () => readonly string[]): string {
    if (this.namesAt !== this.live.revision) {
      this.names = new Map();
      this.namesAt = this.live.revision;
    }
    const known = this.names.get(key);
    if (known !== undefined) return known;
    const text = searchText(textsOfName().join(' '));
    this.names.set(key, text);
    return text;
  }
}

const textsOf = (text: Text | undefined): string[] => (text ? [text.nl, text.fr, text.de, text.en] : []);

const isInForce = ({ state, grants }: Deliberation, today: string): boolean =>
  state === 'APPROVED' &&
  grants.some(({ validity }) => {
    const { start, end } = validityOf(validity);
    return start <= today && today < end;
  });

/** Of ISO 8601. */
const compare = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);
