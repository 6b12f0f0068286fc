import { type Term, TermKind } from '@crossroads/contracts/authorization/v1/policy';
import type {
  GetVocabularyResponse,
  PublishedDataService,
} from '@crossroads/contracts/authorization/v1/register_service';
import type { Label } from '@crossroads/contracts/text/v1/text';
import { parseInscriptionContext } from '@crossroads/identifiers';
import type { Language } from '../text/language.js';

/** A label in one language. */
export interface Words {
  readonly name: string;
  readonly phrase: string;
  readonly description: string;
}

/** The words of one policy revision, by name. */
export interface WordsByName {
  readonly revision: bigint;
  readonly institutions: ReadonlyMap<string, string>;
  readonly terms: ReadonlyMap<string, Label>;
  readonly reasons: ReadonlyMap<string, Label>;
  readonly dataServices: readonly PublishedDataService[];
  readonly legalContexts: readonly string[];
}

/** A context has two forms, `17/2` and `PCSA:LIVING_WAGE`: services answer with the one, terms may have been registered by the other. */
const keyOf = (kind: TermKind, name: string): string =>
  `${kind} ${(kind === TermKind.TERM_KIND_INSCRIPTION_CONTEXT && parseInscriptionContext(name)) || name}`;

export const wordsByName = ({
  policyRevision,
  institutions,
  terms,
  reasons,
  dataServices,
}: GetVocabularyResponse): WordsByName => ({
  revision: policyRevision,
  institutions: new Map(institutions.map(({ enterpriseNumber, name }) => [enterpriseNumber, name])),
  terms: new Map(terms.flatMap(({ kind, name, label }: Term) => (label ? [[keyOf(kind, name), label]] : []))),
  reasons: new Map(reasons.flatMap(({ reason, label }) => (label ? [[reason, label]] : []))),
  dataServices,
  legalContexts: terms.flatMap(({ kind, name }) => (kind === TermKind.TERM_KIND_LEGAL_CONTEXT ? [name] : [])),
});

/** What names of the policy mean, in one language. A name without words is shown as it is. */
export class Vocabulary {
  constructor(
    private readonly words: WordsByName,
    private readonly language: Language,
  ) {}

  get institutions(): ReadonlyMap<string, string> {
    return this.words.institutions;
  }

  get dataServices(): readonly PublishedDataService[] {
    return this.words.dataServices;
  }

  /** Those that have words. */
  get legalContexts(): readonly string[] {
    return this.words.legalContexts;
  }

  institution(enterpriseNumber: string): string {
    return this.words.institutions.get(enterpriseNumber) ?? enterpriseNumber;
  }

  legalContext(name: string): Words {
    return this.term(TermKind.TERM_KIND_LEGAL_CONTEXT, name);
  }

  inscriptionContext(name: string): Words {
    return this.term(TermKind.TERM_KIND_INSCRIPTION_CONTEXT, name);
  }

  dataService(name: string): Words {
    return this.term(TermKind.TERM_KIND_DATA_SERVICE, name);
  }

  fieldGroup(dataService: string, name: string): Words {
    return this.term(TermKind.TERM_KIND_FIELD_GROUP, `${dataService}/${name}`, name);
  }

  reason(reason: string): Words {
    return this.of(this.words.reasons.get(reason), reason);
  }

  private term(kind: TermKind, name: string, shown = name): Words {
    return this.of(this.words.terms.get(keyOf(kind, name)), shown);
  }

  private of(label: Label | undefined, shown: string): Words {
    const { language } = this;
    return {
      name: label?.name?.[language] ?? shown,
      phrase: label?.phrase?.[language] ?? shown,
      description: label?.description?.[language] ?? '',
    };
  }
}
