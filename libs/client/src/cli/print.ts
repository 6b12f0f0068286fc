import {
  AccessKind,
  AccessResult,
  ConsultationStatus,
  type MailOpening,
  MailReader,
} from '@crossroads/contracts/access/v1/access_record';
import type { Access } from '@crossroads/contracts/audit/v1/audit_service';
import type { Delivery } from '@crossroads/contracts/delivery/v1/delivery';
import type { DataServiceResult } from '@crossroads/contracts/exchange/v1/exchange_service';
import { ProposalKind, type ProposalStatement, ProposalStep } from '@crossroads/contracts/person/v1/proposal';
import type { Period } from '@crossroads/contracts/time/v1/period';

const closed = new AbortController();

/** Aborted when the reader of the output has closed it, as `head` does. The command then ends without an error. */
export const outputClosed: AbortSignal = closed.signal;

const noteClosed = (error: NodeJS.ErrnoException): void => {
  if (error.code === 'EPIPE') closed.abort();
};
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    noteClosed(error);
    if (!outputClosed.aborted) throw error;
  });

/** @throws the reason of `outputClosed` after that is aborted */
export const printLine = (line: string): void => {
  outputClosed.throwIfAborted();
  process.stdout.write(`${line}\n`);
};

/** Resolves when the line is written, for lines that must not count as shown before. */
export const printAndWait = (line: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => {
      if (!error) return resolve();
      noteClosed(error);
      reject(error);
    });
  });

/** JSON on one line; numbers of 64 bits as text, bytes as base64url. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return part.toString();
    if (
      typeof part === 'object' &&
      part !== null &&
      'type' in part &&
      part.type === 'Buffer' &&
      'data' in part &&
      Array.isArray(part.data)
    )
      return Buffer.from(part.data).toString('base64url');
    return part;
  });

const STATUS = new Map([
  [ConsultationStatus.CONSULTATION_STATUS_DATA_FOUND, 'DATA_FOUND'],
  [ConsultationStatus.CONSULTATION_STATUS_NO_DATA_FOUND, 'NO_DATA_FOUND'],
  [ConsultationStatus.CONSULTATION_STATUS_NO_RESULT, 'NO_RESULT'],
]);

const RESULT = new Map([
  [AccessResult.ACCESS_RESULT_ANSWERED, 'answered'],
  [AccessResult.ACCESS_RESULT_REFUSED, 'refused'],
  [AccessResult.ACCESS_RESULT_OUTCOME_UNKNOWN, 'outcome unknown'],
]);

const statusName = (status: ConsultationStatus): string => STATUS.get(status) ?? 'UNSPECIFIED';

/** Without the data. */
export const resultLine = ({ dataService, status, reason }: DataServiceResult): string =>
  [dataService, statusName(status), reason].filter((part) => part !== '').join('  ');

export const resultLines = (result: DataServiceResult): string[] => [
  resultLine(result),
  ...(result.data ? [`  ${toJson(result.data)}`] : []),
  ...result.filtered.map(({ path, reason }) => `  cut: ${path} (${reason})`),
];

const MAIL_READERS = new Map([
  [MailReader.MAIL_READER_OWNER, 'the owner'],
  [MailReader.MAIL_READER_DELEGATE, 'a delegate'],
  [MailReader.MAIL_READER_ENTERPRISE_READER, 'a reader of the enterprise'],
]);

const mailLine = ({ messageId, documentId, sender, reader, delegationId }: MailOpening): string =>
  [
    `    mail: ${MAIL_READERS.get(reader) ?? 'somebody'}`,
    delegationId === '' ? '' : ` (delegation ${delegationId})`,
    messageId === '' ? ' listed the messages' : ` opened message ${messageId}`,
    documentId === '' ? '' : `, document ${documentId}`,
    sender === '' ? '' : `, from ${sender}`,
  ].join('');

/** One access in a line or more. */
export const accessLines = (access: Access): string[] => {
  const when = access.time?.toISOString() ?? '';
  if (access.erased) return [`${when}  erased`];
  const result = access.concluded ? (RESULT.get(access.result) ?? '') : 'under way';
  const who =
    access.customer === ''
      ? `yourself${access.ownDataOf === '' ? '' : ` at ${access.ownDataOf}`}`
      : `${access.customerName || access.customer}`;
  const role = access.officialRole === '' ? '' : ` (${access.officialRole})`;
  const why = [access.legalContext, access.reason].filter((part) => part !== '').join(', ');
  return [
    `${when}  ${who}${role}  ${result}${why === '' ? '' : `  ${why}`}`,
    ...(access.repeatOf === '' ? [] : [`    repeats ${access.repeatOf}`]),
    ...access.earlierOutcomes.map(
      ({ result: before, time, reason }) =>
        `    before: ${[RESULT.get(before) ?? '', time?.toISOString() ?? '', reason].filter((part) => part !== '').join('  ')}`,
    ),
    ...(access.mail ? [mailLine(access.mail)] : []),
    ...(access.proposal ? [proposalLine(access.proposal)] : []),
    ...inscriptionLines(access),
    ...access.services.map(
      ({ dataService, fieldGroups, deliberationReference, reason, status }) =>
        `    ${dataService}: ${[fieldGroups.join(', '), statusName(status) === 'UNSPECIFIED' ? '' : statusName(status), reason, deliberationReference === '' ? '' : `deliberation ${deliberationReference}`].filter((part) => part !== '').join('; ')}`,
    ),
  ];
};

const INSCRIBED = new Map([
  [AccessKind.ACCESS_KIND_INSCRIPTION, 'has a file on you'],
  [AccessKind.ACCESS_KIND_INSCRIPTION_END, 'has no file on you any more'],
]);

/** That an institution stated whether it has a file; of other accesses nothing. */
const inscriptionLines = ({ kind, inscription, peer, application }: Access): string[] => {
  const what = INSCRIBED.get(kind);
  if (what === undefined) return [];
  const [from, until] = [dateText(inscription?.period?.startDate), dateText(inscription?.period?.endDate)];
  const when = kind === AccessKind.ACCESS_KIND_INSCRIPTION_END ? `after ${until}` : `from ${from} until ${until}`;
  return [`    ${what}: ${inscription?.context ?? ''}, ${when}; recorded by ${application} of ${peer}`];
};

/** `…` where a side is open. */
export const periodText = (period: Period | undefined): string =>
  `from ${dateText(period?.startDate)} until ${dateText(period?.endDate)}`;

/** `…` where a side is open. */
const dateText = (date: { readonly year: number; readonly month: number; readonly day: number } | undefined): string =>
  date === undefined
    ? '…'
    : [String(date.year).padStart(4, '0'), ...[date.month, date.day].map((n) => String(n).padStart(2, '0'))].join('-');

/** What officials do about the person's numbers. */
const proposalLine = ({ proposalId, kind, step, effectiveTime, byPerson }: ProposalStatement): string => {
  const what =
    kind === ProposalKind.PROPOSAL_KIND_MERGE ? 'you and another person are one' : 'a number of yours is wrong';
  const how = ProposalStep[step].replace('PROPOSAL_STEP_', '').toLowerCase();
  const who = byPerson ? ' by a person concerned' : '';
  return `    ${what}: ${how}${who}${effectiveTime ? `, from ${effectiveTime.toISOString()}` : ''}; proposal ${proposalId}`;
};

const revisionOf = (revision: bigint, reasserted: boolean): string =>
  `revision ${revision}${reasserted ? ', stated again after a restore of its source' : ''}`;

export const deliveryLine = ({ sequence, subscriptionId, content }: Delivery): string => {
  switch (content?.$case) {
    case 'mutation': {
      const { dataService, changedFieldGroups, data, ssin, sourceRevision, reasserted } = content.value;
      return `${sequence}  ${ssin}  ${dataService}  ${changedFieldGroups.join(', ')}  ${revisionOf(sourceRevision, reasserted)}  ${toJson(data)}`;
    }
    case 'notification': {
      const { dataService, changedFieldGroups, ssin, sourceRevision, reasserted } = content.value;
      return `${sequence}  ${ssin}  ${dataService}  ${changedFieldGroups.join(', ')}  ${revisionOf(sourceRevision, reasserted)}`;
    }
    case 'closing':
      return `${sequence}  subscription ${subscriptionId} is closed: ${content.value.reason}`;
    case 'replayEnd':
      return `${sequence}  replay ${content.value.replayId} has ended: ${content.value.delivered} delivered again`;
    case 'resync':
      return `${sequence}  deliveries before ${content.value.firstSequence} are gone; a snapshot follows`;
    case 'snapshot': {
      const { dataService, fieldGroups, data, ssin, sourceRevision } = content.value;
      const what = `${ssin}  ${dataService}  ${fieldGroups.join(', ')}  at revision ${sourceRevision}`;
      return `${sequence}  ${what}${data ? `  ${toJson(data)}` : ''}`;
    }
    case 'snapshotEnd':
      return `${sequence}  snapshot ${content.value.snapshotId} is complete: ${content.value.delivered} persons`;
    case undefined:
      return `${sequence}  erased`;
  }
};
