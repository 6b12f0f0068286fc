import { TermKind } from '@crossroads/contracts/authorization/v1/policy';
import { parseInscriptionContext } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import { dataServices } from './data-services.js';
import { DRAFTS, inscriptionContexts } from './deliberations.js';
import { TERMS } from './terms.js';

const services = dataServices({ registry: 'x:1', wages: 'x:2', statuses: 'x:3', documents: '' });
const drafts = Object.values(DRAFTS);

const namesOf = (kind: TermKind): string[] => TERMS.filter((term) => term.kind === kind).map(({ name }) => name);
const once = (names: readonly string[]): string[] => [...new Set(names)].sort();

describe('terms of the demo', () => {
  it('say what each data service and each of its field groups is', () => {
    expect(once(namesOf(TermKind.TERM_KIND_DATA_SERVICE))).toEqual(
      once(services.map(({ dataService }) => dataService)),
    );
    expect(once(namesOf(TermKind.TERM_KIND_FIELD_GROUP))).toEqual(
      once(services.flatMap(({ dataService, fieldGroups }) => fieldGroups.map(({ name }) => `${dataService}/${name}`))),
    );
  });

  it('say what each legal context and each inscription context is', () => {
    const grants = drafts.flatMap((draft) => draft.grants);
    expect(once(namesOf(TermKind.TERM_KIND_LEGAL_CONTEXT))).toEqual(
      once(grants.flatMap(({ legalContexts }) => legalContexts)),
    );
    expect(once(namesOf(TermKind.TERM_KIND_INSCRIPTION_CONTEXT))).toEqual(
      once([
        ...grants.flatMap((grant) => grant.inscriptionContexts),
        ...inscriptionContexts().flatMap(([, contexts]) => contexts),
      ]),
    );
    for (const name of namesOf(TermKind.TERM_KIND_INSCRIPTION_CONTEXT))
      expect(parseInscriptionContext(name)).toBeDefined();
  });

  it('fit into one request and are no longer than readers are promised, each once', () => {
    expect(TERMS.length).toBeLessThanOrEqual(100);
    expect(new Set(TERMS.map(({ kind, name }) => `${kind} ${name}`)).size).toBe(TERMS.length);
    for (const { name, label } of TERMS)
      for (const [part, max] of [
        ['name', 80],
        ['phrase', 120],
        ['description', 400],
      ] as const)
        for (const [language, text] of Object.entries(label?.[part] ?? {}))
          expect({ name, part, language, fits: text.length > 0 && text.length <= max }).toMatchObject({ fits: true });
  });
});
