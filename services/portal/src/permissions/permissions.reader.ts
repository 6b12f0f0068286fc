import type { Deliberation } from '@crossroads/contracts/authorization/v1/policy';
import type { Inscription } from '@crossroads/contracts/directory/v1/directory_service';
import type { Period } from '@crossroads/contracts/time/v1/period';
import { type DateParts, type IsoDay, isoDay } from '@crossroads/identifiers';
import type { OwnInscription, PublishedGrant } from './permissions.rules.js';

const dayOf = (date: DateParts | undefined): IsoDay | undefined => date && isoDay(date.year, date.month, date.day);

const daysOf = (period: Period | undefined) => ({ start: dayOf(period?.startDate), end: dayOf(period?.endDate) });

export const ownInscriptionOf = ({ institution, inscriptionContext, period }: Inscription): OwnInscription => ({
  institution,
  context: inscriptionContext,
  ...daysOf(period),
});

export const grantsOf = ({ deliberationId, reference, recipient, grants }: Deliberation): readonly PublishedGrant[] =>
  grants.map(({ dataService, fieldGroups, legalContexts, inscriptionContexts, validity }) => ({
    deliberationId,
    reference,
    recipient,
    dataService,
    fieldGroups,
    purposes: legalContexts,
    contexts: inscriptionContexts,
    ...daysOf(validity),
  }));
