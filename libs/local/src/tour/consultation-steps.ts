import { readFileSync } from 'node:fs';
import { officialToken } from '@crossroads/client';
import { ConsultationStatus } from '@crossroads/contracts/access/v1/access_record';
import type { ConsultResponse, DataServiceResult } from '@crossroads/contracts/exchange/v1/exchange_service';
import { newRequestId } from '@crossroads/grpc';
import { IDENTIFICATION, PURPOSES, STATUSES, WAGES } from '../demo/deliberations.js';
import { numberOf } from '../demo/institutions.js';
import { decidedDeliberation, OFFICIALS_KID } from '../demo/set-up.js';
import { type Participants, refusalOf } from './participants.js';
import { until, verify } from './checks.js';
import type { Tour } from './tour.js';

const { CONSULTATION_STATUS_DATA_FOUND: FOUND, CONSULTATION_STATUS_NO_DATA_FOUND: NOTHING } = ConsultationStatus;
const { legalContext } = PURPOSES['welfare-office'];
const ASKED = [IDENTIFICATION, WAGES, STATUSES];

/** What the list of the citizen must contain afterwards. */
export interface ExpectedAccesses {
  /** Of the consultation that was answered. */
  readonly answered: string;
  /** Reasons of refusals about this person. */
  readonly refused: string[];
}

/** Consults three data services in one call. Each answer holds only what was granted. */
export const consultSources = async (
  tour: Tour,
  { subject, hasWages, hasStatuses }: Participants,
): Promise<ExpectedAccesses> => {
  const { network, output } = tour;
  output.step('A social inquiry: the welfare office asks three sources in one call');
  const token = await tokenOf(tour);
  const answer = await network
    .as('welfare-office')
    .consult({ ssin: subject.ssin, legalContext, dataServices: ASKED, officialToken: token });
  const [identification, wages, statuses] = ASKED.map((name) => resultOf(answer, name));
  verify(identification?.status === FOUND, 'identification is found');
  verify(
    identification.data?.['name'] !== undefined || identification.data?.['address'] !== undefined,
    'identification has the name or the address',
  );
  verify(!('nationalities' in (identification.data ?? {})), 'the nationality is not released');
  const cut = identification.filtered.filter(({ fieldGroup }) => fieldGroup === 'nationality');
  verify(
    cut.length > 0 && cut.every(({ reason }) => reason === 'NOT_GRANTED'),
    'the answer says that the nationality was cut, and why',
  );
  output.verified(
    `${IDENTIFICATION}: DATA_FOUND (${Object.keys(identification.data ?? {}).join(', ')}); cut: ${cutOf(identification)}`,
  );
  for (const [name, result, has] of [
    [WAGES, wages, hasWages],
    [STATUSES, statuses, hasStatuses],
  ] as const) {
    verify(
      result?.status === (has ? FOUND : NOTHING),
      `${name} answers ${has ? 'with data' : 'that it has none'} (${result?.reason ?? ''})`,
    );
    output.verified(
      has
        ? `${name}: DATA_FOUND; cut: ${cutOf(result)}`
        : `${name}: NO_DATA_FOUND, as this source has nothing on the person`,
    );
  }
  verify(answer.receipt !== undefined && answer.ticket !== '', 'the answer has a ticket and a receipt');
  output.note(
    `ticket ${answer.ticket}; each source answered only against a signed receipt that this look is recorded.`,
  );
  output.command(
    `consult --as welfare-office --ssin ${subject.ssin} --legal-context ${legalContext} ${ASKED.join(' ')}`,
  );
  return { answered: answer.ticket, refused: [] };
};

/** Asks the same question so that it is refused for different reasons. */
export const showRefusals = async (
  { network, output }: Tour,
  { subject, stranger }: Participants,
  expected: ExpectedAccesses,
): Promise<void> => {
  output.step('Refusals: the same question, when something is missing');
  const office = network.as('welfare-office');
  const ask = (ssin: string, context: string) =>
    refusalOf(office.consult({ ssin, legalContext: context, dataServices: ASKED }));

  const strange = await ask(stranger.ssin, legalContext);
  verify(
    strange.reason === 'NOT_INSCRIBED',
    `without inscription it is refused as NOT_INSCRIBED, not ${strange.reason}`,
  );
  output.verified('about somebody on whom it has no file: NOT_INSCRIBED');
  output.command(
    `consult --as welfare-office --ssin ${stranger.ssin} --legal-context ${legalContext} ${IDENTIFICATION}`,
  );

  const aimless = await ask(subject.ssin, '');
  verify(
    aimless.reason === 'INVALID_INPUT' && aimless.violations.some(({ field }) => field === 'legal_context'),
    `without a legal context it is refused for that field, not as ${aimless.reason}`,
  );
  const curious = await ask(subject.ssin, 'PCSA:CURIOSITY');
  verify(
    curious.reason === 'UNKNOWN_LEGAL_CONTEXT',
    `a purpose that nobody was granted is refused as UNKNOWN_LEGAL_CONTEXT, not ${curious.reason}`,
  );
  expected.refused.push(curious.reason);
  output.verified(
    'without a legal context: INVALID_INPUT, legal_context; for a purpose that nobody was granted: UNKNOWN_LEGAL_CONTEXT',
  );

  const { deliberation } = await decidedDeliberation(network, 'welfare-office');
  const began = performance.now();
  await network.as('committee').authorization.revokeDeliberation({
    requestId: newRequestId(),
    deliberationId: deliberation.deliberationId,
    reason: 'shown to a newcomer',
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
  verify(took < 5_000, 'a revocation is honoured at once');
  expected.refused.push(revoked.reason);
  output.verified(`after the committee revoked the deliberation: DELIBERATION_REVOKED, ${took} ms later`);
  output.command('deliberations revoke <deliberation id> --as committee');
};

const tokenOf = ({ network }: Tour): Promise<string> =>
  officialToken(
    {
      institution: numberOf('welfare-office'),
      officialId: 'desk-4',
      role: 'social worker',
      unit: 'Social inquiries',
      certificate: readFileSync(network.connection('welfare-office').tls.cert, 'utf8'),
    },
    { kid: OFFICIALS_KID, privatePem: network.officialsKey },
  );

const resultOf = ({ results }: ConsultResponse, name: string): DataServiceResult | undefined =>
  results.find(({ dataService }) => dataService === name);

const cutOf = (result: DataServiceResult | undefined): string =>
  (result?.filtered ?? []).map(({ path, reason }) => `${path} (${reason})`).join(', ') || 'nothing';
