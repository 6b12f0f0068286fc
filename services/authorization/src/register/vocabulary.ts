import type { GetVocabularyResponse } from '@crossroads/contracts/authorization/v1/register_service';
import { Injectable } from '@nestjs/common';
import { LivePolicy } from '../policy/live-policy.js';
import { termMessage } from '../policy/policy.message.js';
import { REASON_LABELS } from './reason-labels.js';

/** Names of what is in the policy, with their labels. */
@Injectable()
export class Vocabulary {
  constructor(private readonly live: LivePolicy) {}

  /** Only the revision, when the caller holds it already. */
  since(heldRevision: bigint): GetVocabularyResponse {
    const { revision: policyRevision, state } = this.live;
    if (heldRevision === policyRevision)
      return { policyRevision, institutions: [], terms: [], dataServices: [], reasons: [] };
    return {
      policyRevision,
      institutions: [...state.institutions.values()].map(({ enterpriseNumber, name }) => ({ enterpriseNumber, name })),
      terms: [...state.terms.values()].map(termMessage),
      dataServices: [...state.dataServices.values()].map(({ name, title, supplier, fieldGroups }) => ({
        dataService: name,
        title,
        source: supplier.source,
        fieldGroups: fieldGroups.map((group) => group.name),
      })),
      reasons: Object.entries(REASON_LABELS).map(([reason, label]) => ({ reason, label })),
    };
  }
}
