import type { DateParts, IsoDay } from '@crossroads/identifiers';

export type LineKind =
  | 'consultation'
  | 'delivery'
  | 'own'
  | 'mail'
  | 'proposal'
  | 'inscription'
  | 'inscriptionEnd'
  | 'erased'
  | 'other';

export type LineResult = 'answered' | 'refused' | 'unknown' | 'underWay';

/** One data service of a line. */
export interface LineService {
  readonly dataService: string;
  readonly fieldGroups: readonly string[];
  readonly status: 'found' | 'nothing' | 'noResult' | 'none';
  readonly filtered: readonly { readonly path: string; readonly fieldGroup: string; readonly reason: string }[];
  readonly deliberationId: string;
  readonly deliberationReference: string;
  readonly reason: string;
}

interface LineProposal {
  readonly id: string;
  readonly kind: 'merge' | 'cancellation';
  readonly step: 'proposed' | 'confirmed' | 'effective' | 'contested' | 'lapsed';
  readonly effectiveTime: Date | undefined;
  readonly byPerson: boolean;
}

/** One line of a person's list. */
export interface AccessLine {
  readonly id: string;
  readonly time: Date;
  /** In Brussels. */
  readonly day: IsoDay;
  readonly kind: LineKind;
  readonly result: LineResult;
  /** Enterprise number, or `service:<name>` of the mesh. */
  readonly institution: string;
  readonly institutionName: string;
  readonly peer: string;
  readonly application: string;
  readonly role: string;
  readonly purpose: string;
  readonly reason: string;
  readonly ticket: string;
  readonly repeatOf: string;
  readonly services: readonly LineService[];
  readonly asOf: DateParts | undefined;
  readonly inscription:
    | { readonly context: string; readonly start: DateParts | undefined; readonly end: DateParts | undefined }
    | undefined;
  readonly earlier: readonly {
    readonly result: LineResult;
    readonly time: Date | undefined;
    readonly reason: string;
  }[];
  readonly lost: boolean;
  readonly ownDataOf: string;
  readonly mail:
    | {
        readonly what: 'list' | 'message' | 'document';
        readonly sender: string;
        readonly reader: 'owner' | 'delegate' | 'enterprise';
      }
    | undefined;
  readonly proposal: LineProposal | undefined;
}

/** Which sentence tells a line. */
export type Story =
  | 'consulted'
  | 'consultedInVain'
  | 'consultedWithoutResult'
  | 'consultationRefused'
  | 'consultationUnknown'
  | 'consultationUnderWay'
  | 'delivered'
  | 'deliveryRefused'
  | 'deliveryUnknown'
  | 'deliveryUnderWay'
  | 'ownList'
  | 'ownPerson'
  | 'ownInscriptions'
  | 'ownOther'
  | 'mailByOwner'
  | 'mailByDelegate'
  | 'mailByEnterprise'
  | 'mailRefused'
  | 'mailUnknown'
  | 'inscribed'
  | 'inscriptionEnded'
  | `${LineProposal['kind']}${Capitalize<LineProposal['step']>}`
  | 'mergeContestedByPerson'
  | 'cancellationContestedByPerson'
  | 'erased'
  | 'other';

const CONSULTATIONS = {
  refused: 'consultationRefused',
  unknown: 'consultationUnknown',
  underWay: 'consultationUnderWay',
} as const;
const DELIVERIES = {
  answered: 'delivered',
  refused: 'deliveryRefused',
  unknown: 'deliveryUnknown',
  underWay: 'deliveryUnderWay',
} as const;
const READERS = { owner: 'mailByOwner', delegate: 'mailByDelegate', enterprise: 'mailByEnterprise' } as const;
const OWN: Readonly<Record<string, Story>> = {
  '': 'ownList',
  'access-audit': 'ownList',
  'person-registry': 'ownPerson',
  'reference-directory': 'ownInscriptions',
};

export const storyOf = (line: AccessLine): Story => {
  const { kind, result, mail, ownDataOf } = line;
  switch (kind) {
    case 'consultation':
      return result === 'answered' ? answeredConsultation(line) : CONSULTATIONS[result];
    case 'delivery':
      return DELIVERIES[result];
    case 'own':
      return OWN[ownDataOf] ?? 'ownOther';
    case 'mail':
      if (result === 'refused') return 'mailRefused';
      return mail && result === 'answered' ? READERS[mail.reader] : 'mailUnknown';
    case 'inscription':
      return 'inscribed';
    case 'inscriptionEnd':
      return 'inscriptionEnded';
    case 'proposal':
      return proposalStory(line);
    case 'erased':
    case 'other':
      return kind;
  }
};

const answeredConsultation = ({ services }: AccessLine): Story => {
  if (services.some(({ status }) => status === 'found')) return 'consulted';
  if (services.some(({ status }) => status === 'nothing')) return 'consultedInVain';
  // Without any status data may have left: the line then says so rather than the contrary.
  return services.some(({ status }) => status === 'noResult') ? 'consultedWithoutResult' : 'consulted';
};

const proposalStory = ({ proposal }: AccessLine): Story => {
  if (!proposal) return 'other';
  const { kind, step, byPerson } = proposal;
  if (step === 'contested' && byPerson) return `${kind}ContestedByPerson`;
  const steps = {
    proposed: 'Proposed',
    confirmed: 'Confirmed',
    effective: 'Effective',
    contested: 'Contested',
    lapsed: 'Lapsed',
  } as const;
  return `${kind}${steps[step]}`;
};

/** Field groups, or a data service as a whole. */
export interface NamedData {
  readonly dataService: string;
  readonly fieldGroup?: string;
}

/** More names than that make a sentence that nobody reads: then the data services are named. */
const MAX_NAMED = 4;

/** What lines were about: what left where something did, else what was wanted. */
export const dataOf = (lines: readonly AccessLine[]): readonly NamedData[] => {
  const services = lines.flatMap(relevantServices);
  const groups = services.flatMap(({ dataService, fieldGroups }): NamedData[] =>
    fieldGroups.length === 0 ? [{ dataService }] : fieldGroups.map((fieldGroup) => ({ dataService, fieldGroup })),
  );
  const named = distinct(groups);
  return named.length <= MAX_NAMED ? named : distinct(named.map(({ dataService }) => ({ dataService })));
};

const relevantServices = ({ services }: AccessLine): readonly LineService[] => {
  const found = services.filter(({ status }) => status === 'found');
  return found.length > 0 ? found : services;
};

const distinct = (data: readonly NamedData[]): readonly NamedData[] => [
  ...new Map(data.map((one) => [`${one.dataService} ${one.fieldGroup ?? ''}`, one])).values(),
];

/** Why a line ended without data; of several data services the first reason. */
export const reasonOf = ({ reason, services }: AccessLine): string =>
  reason !== '' ? reason : (services.find((service) => service.reason !== '')?.reason ?? '');

/** Lines that are told by one sentence, the newest first. */
export type LineGroup = readonly [AccessLine, ...AccessLine[]];

const GROUPED: ReadonlySet<LineKind> = new Set(['consultation', 'delivery', 'own']);

/** Puts together what one institution did for one purpose on one day, with the same end, where the lines follow each other. */
export const groupsOf = (lines: readonly AccessLine[]): readonly LineGroup[] => {
  const groups: [AccessLine, ...AccessLine[]][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last && belongTogether(last[0], line)) last.push(line);
    else groups.push([line]);
  }
  return groups;
};

const belongTogether = (one: AccessLine, other: AccessLine): boolean =>
  GROUPED.has(one.kind) &&
  storyOf(one) === storyOf(other) &&
  one.institution === other.institution &&
  one.purpose === other.purpose &&
  one.day === other.day &&
  reasonOf(one) === reasonOf(other);

const CONTEST_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * The proposals that the person can still contest with effect, each by the id of its newest line: those that were not confirmed within
 * 30 days lapse, and 30 days after a merge the access lists are shown together.
 */
export const contestable = (lines: readonly AccessLine[], now: Date): ReadonlyMap<string, string> => {
  const seen = new Set<string>();
  const found = new Map<string, string>();
  for (const { id, time, proposal } of lines) {
    if (!proposal || seen.has(proposal.id)) continue;
    seen.add(proposal.id);
    if (canContest(proposal, time, now)) found.set(id, proposal.id);
  }
  return found;
};

const canContest = ({ kind, step, effectiveTime }: LineProposal, time: Date, now: Date): boolean => {
  const since = (from: Date): boolean => now.getTime() - from.getTime() < CONTEST_DAYS * DAY_MS;
  if (step === 'proposed' || (step === 'confirmed' && kind === 'merge')) return since(time);
  return step === 'effective' && kind === 'merge' && since(effectiveTime ?? time);
};
