import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import type { ConsultResponse, DataServiceResult } from '@crossroads/contracts/exchange/v1/exchange_service';
import { newRequestId } from '@crossroads/grpc';
import { IDENTIFICATION, PURPOSES, STATUSES, WAGES } from '../demo/deliberations.js';
import { decidedDeliberation } from '../demo/set-up.js';
import { type Participants, refusalOf } from './participants.js';
import { until, verify } from './checks.js';
import type { Tour } from './tour.js';

const { CONSULTATION_STATUS_DATA_FOUND: FOUND, CONSULTATION_STATUS_NO_DATA_FOUND: NOT_FOUND } = ConsultationStatus;
const { legalContext } = PURPOSES['welfare-office'];
const ASKED = [IDENTIFICATION, WAGES, STATUSES];

/** What the list of the citizen must contain afterwards. */
export interface ExpectedAccesses {
  /** Of the consultations that were answered: the social inquiry, its repetition, and the maintenance of what is reported. */
  readonly answered: string;
  readonly repeated: string;
  readonly maintained: string;
  /** Reasons of refusals about this person. */
  readonly refused: string[];
}

/** Consults three data services in one call. Each answer contains only the granted fields. */
export const consultSources = async (
  tour: Tour,
  { subject, hasWages, hasStatuses }: Participants,
): Promise<ExpectedAccesses> => {
  const maintained = await readToMaintain(tour, subject.ssin);
  const { network, output } = tour;
  output.step('A social inquiry: the welfare office consults three sources in one call');
  const question = { ssin: subject.ssin, legalContext, dataServices: ASKED, requestId: newRequestId() };
  const office = network.as('welfare-office');
  const answer = await office.consult(question);
  const [identification, wages, statuses] = ASKED.map((name) => resultOf(answer, name));
  verify(identification?.status === FOUND, 'identification is found');
  verify(
    identification.data?.['name'] !== undefined || identification.data?.['address'] !== undefined,
    'identification has the name or the address',
  );
  verify(!('nationalities' in (identification.data ?? {})), 'the nationality is not released');
  const hidden = identification.filtered.filter(({ fieldGroup }) => fieldGroup === 'nationality');
  verify(
    hidden.length > 0 && hidden.every(({ reason }) => reason === 'NOT_GRANTED'),
    'the answer says that the nationality was filtered, and why',
  );
  output.verified(
    `${IDENTIFICATION}: DATA_FOUND (${Object.keys(identification.data ?? {}).join(', ')}); filtered: ${filteredOf(identification)}`,
  );
  for (const [name, result, has] of [
    [WAGES, wages, hasWages],
    [STATUSES, statuses, hasStatuses],
  ] as const) {
    verify(
      result?.status === (has ? FOUND : NOT_FOUND),
      `${name} answers ${has ? 'with data' : 'that it has no data'} (${result?.reason ?? ''})`,
    );
    output.verified(
      has
        ? `${name}: DATA_FOUND; filtered: ${filteredOf(result)}`
        : `${name}: NO_DATA_FOUND, because this source has no data about the person`,
    );
  }
  verify(
    answer.ticket !== '' && answer.results.every(({ receipt }) => receipt !== undefined),
    'the answer has a ticket, and a receipt for each source that was asked',
  );
  output.note(
    `ticket ${answer.ticket}; each source answers only to a signed receipt, which proves that the consultation is recorded.`,
  );
  output.command(
    `consult --as welfare-office --ssin ${subject.ssin} --legal-context ${legalContext} ${ASKED.join(' ')}`,
  );
  const again = await office.consult(question);
  verify(again.ticket !== answer.ticket, 'a repetition has a ticket of its own');
  output.verified('the same request again is another release: another ticket, and another line in the citizen’s list');
  return { answered: answer.ticket, repeated: again.ticket, maintained, refused: [] };
};

/** A reporter reads the person whom it corrects as everybody does: by consulting, on the record. */
const readToMaintain = async ({ network, output }: Tour, ssin: string): Promise<string> => {
  output.step('Maintenance: the National Register looks up what it reported, before it corrects it');
  const { legalContext: maintenance } = PURPOSES['national-register'];
  const { results, ticket } = await network
    .as('national-register')
    .consult({ ssin, legalContext: maintenance, dataServices: [IDENTIFICATION] });
  const [found] = results;
  verify(found?.status === FOUND && found.sourceRevision > 0n, 'the National Register finds the person, at a revision');
  output.verified(
    `${IDENTIFICATION} under ${maintenance}: revision ${found.sourceRevision}, against which it corrects; the registry gives it no other way to read`,
  );
  output.command(`consult --as national-register --ssin ${ssin} --legal-context ${maintenance} ${IDENTIFICATION}`);
  return ticket;
};

/** Repeats the consultation with one condition not met each time, and checks the reason of each refusal. */
export const showRefusals = async (
  { network, output }: Tour,
  { subject, stranger }: Participants,
  expected: ExpectedAccesses,
): Promise<void> => {
  output.step('Refusals: the same consultation when a condition is not met');
  const office = network.as('welfare-office');
  const ask = (ssin: string, context: string) =>
    refusalOf(office.consult({ ssin, legalContext: context, dataServices: ASKED }));

  const notInscribed = await ask(stranger.ssin, legalContext);
  verify(
    notInscribed.reason === 'PERSON_NOT_AVAILABLE',
    `without inscription it is refused as PERSON_NOT_AVAILABLE, not ${notInscribed.reason}`,
  );
  output.verified('about a person on whom the office has no file: PERSON_NOT_AVAILABLE');
  output.command(
    `consult --as welfare-office --ssin ${stranger.ssin} --legal-context ${legalContext} ${IDENTIFICATION}`,
  );

  const withoutContext = await ask(subject.ssin, '');
  verify(
    withoutContext.reason === 'INVALID_INPUT' &&
      withoutContext.violations.some(({ field }) => field === 'legal_context'),
    `without a legal context it is refused for that field, not as ${withoutContext.reason}`,
  );
  const unknownContext = await ask(subject.ssin, 'PCSA:CURIOSITY');
  verify(
    unknownContext.reason === 'UNKNOWN_LEGAL_CONTEXT',
    `a legal context of no deliberation is refused as UNKNOWN_LEGAL_CONTEXT, not ${unknownContext.reason}`,
  );
  expected.refused.push(unknownContext.reason);
  output.verified(
    'without a legal context: INVALID_INPUT, legal_context; with one that is in no deliberation: UNKNOWN_LEGAL_CONTEXT',
  );

  const { deliberation } = await decidedDeliberation(network, 'welfare-office');
  const began = performance.now();
  await network.as('committee').authorization.revokeDeliberation({
    requestId: newRequestId(),
    deliberationId: deliberation.deliberationId,
    reason: 'guided tour',
  });
  const revoked = await until('the revocation to be in force', async () => {
    const refusal = await ask(subject.ssin, legalContext);
    return refusal.reason === 'NOT_REFUSED' ? undefined : refusal;
  });
  const took = Math.round(performance.now() - began);
  verify(
    revoked.reason === 'DELIBERATION_REVOKED',
    `after revocation it is refused as DELIBERATION_REVOKED, not ${revoked.reason}`,
  );
  verify(took < 5_000, 'a revocation takes effect within 5 s');
  expected.refused.push(revoked.reason);
  output.verified(`after the committee revoked the deliberation: DELIBERATION_REVOKED, ${took} ms later`);
  output.command('deliberations revoke <deliberation id> --as committee');
};

const resultOf = ({ results }: ConsultResponse, name: string): DataServiceResult | undefined =>
  results.find(({ dataService }) => dataService === name);

const filteredOf = (result: DataServiceResult | undefined): string =>
  (result?.filtered ?? []).map(({ path, reason }) => `${path} (${reason})`).join(', ') || 'nothing';
