import { Citizen } from '@crossroads/client';
import { AccessKind, AccessResult } from '@crossroads/contracts/access/v1/access_record';
import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import { accessAudit } from '@crossroads/topology';
import type { Participants } from './participants.js';
import { until, verify } from './checks.js';
import type { ExpectedAccesses } from './consultation-steps.js';
import type { Tour } from './tour.js';

const SHOWN = 5;

/** Every access of this tour is in the person's own list: answered, delivered and refused. */
export const listAccesses = async (
  { network, output }: Tour,
  { subject }: Participants,
  expected: ExpectedAccesses,
  deliveries: readonly string[],
): Promise<void> => {
  output.step('The citizen: who has accessed my data?');
  const citizen = new Citizen(network.connection('citizen-portal'));
  try {
    const token = await network.signIn(subject.ssin, accessAudit.name);
    const list = async (): Promise<Access[]> => {
      const all: Access[] = [];
      for await (const access of citizen.accesses(token)) all.push(access);
      return all;
    };
    const accesses = await until('every access in the citizen’s list', async () => {
      const all = await list();
      return isComplete(all, expected, deliveries) ? all : undefined;
    });
    output.verified(
      `the list has every access: three consultations, ${deliveries.length} deliveries, ${expected.refused.length} refusals (${accesses.length} accesses in total)`,
    );
    const inquiry = accesses.find(({ ticket }) => ticket === expected.answered);
    verify(inquiry?.officialRole.includes('social worker') === true, 'the list shows the role of the official');
    const repetition = accesses.find(({ ticket }) => ticket === expected.repeated);
    verify(repetition?.repeatOf === expected.answered, 'the list shows which consultation another one repeats');
    verify(
      inquiry.services.some(({ deliberationReference }) => deliberationReference !== ''),
      'the list shows the deliberation',
    );
    for (const access of accesses
      .filter(({ kind }) => kind !== AccessKind.ACCESS_KIND_SELF_CONSULTATION)
      .slice(0, SHOWN))
      output.note(lineOf(access));
    const again = await until('the citizen’s own consultation in the list', async () => {
      const all = await list();
      return all.some(({ kind }) => kind === AccessKind.ACCESS_KIND_SELF_CONSULTATION) ? all : undefined;
    });
    output.verified(
      `reading the list is recorded as well: ${again.filter(({ kind }) => kind === AccessKind.ACCESS_KIND_SELF_CONSULTATION).length} consultations of one's own list`,
    );
    output.command(`accesses --ssin ${subject.ssin}`);
  } finally {
    citizen.close();
  }
};

const isComplete = (
  accesses: readonly Access[],
  expected: ExpectedAccesses,
  deliveries: readonly string[],
): boolean => {
  const concluded = accesses.filter((access) => access.concluded);
  const tickets = new Set(concluded.map(({ ticket }) => ticket));
  const refused = concluded
    .filter(({ result }) => result === AccessResult.ACCESS_RESULT_REFUSED)
    .map(({ reason }) => reason);
  return (
    [expected.answered, expected.repeated, expected.maintained, ...deliveries].every((ticket) => tickets.has(ticket)) &&
    expected.refused.every((reason) => refused.includes(reason))
  );
};

const KINDS = new Map([
  [AccessKind.ACCESS_KIND_DELIVERY, 'delivery'],
  [AccessKind.ACCESS_KIND_INSCRIPTION, 'inscription'],
  [AccessKind.ACCESS_KIND_INSCRIPTION_END, 'end of an inscription'],
]);

const lineOf = ({ time, customerName, result, reason, legalContext, kind }: Access): string =>
  [
    time?.toISOString(),
    customerName,
    KINDS.get(kind) ?? 'consultation',
    result === AccessResult.ACCESS_RESULT_REFUSED ? `refused: ${reason}` : 'answered',
    legalContext,
  ].join('  ');
