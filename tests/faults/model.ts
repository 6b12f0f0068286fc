/** A change that its source has accepted: what went in. */
export interface AcceptedMutation {
  readonly person: string;
  readonly dataService: string;
  readonly sourceRevision: bigint;
  /** Unique in the run and part of the data, so that two changes are told apart that got one revision, before and after a restore. */
  readonly mark: string;
  /**
   * It need not be delivered: it was accepted before there was a subscription, or between the copy to which its source was restored and
   * the restore.
   */
  readonly isOptional?: boolean;
}

/** Who may receive what: a subscription with the people that its institution has inscribed. */
export interface Entitlement {
  readonly subscriptionId: string;
  /** The owner of the topic on which it is delivered. */
  readonly institution: string;
  readonly dataService: string;
  readonly persons: ReadonlySet<string>;
}

/** A message on a subscriber's topic: what came out. */
export interface ArrivedDelivery {
  /** The owner of the topic. */
  readonly institution: string;
  readonly partition: number;
  readonly subscriptionId: string;
  readonly sequence: bigint;
  readonly person: string;
  readonly dataService: string;
  readonly sourceRevision: bigint;
  readonly mark: string;
  readonly ticket: string;
  /** Of the bytes. */
  readonly hash: string;
}

export interface Run {
  /** In the order in which they were accepted, for each person. */
  readonly accepted: readonly AcceptedMutation[];
  readonly entitled: readonly Entitlement[];
  /** In the order of each partition of each topic. */
  readonly arrived: readonly ArrivedDelivery[];
  /** Tickets of the deliveries in the access log, one for each entry. */
  readonly recorded: readonly string[];
}

export type FaultKind =
  | 'lost'
  | 'doubled'
  | 'reordered'
  | 'leaked'
  | 'never accepted'
  | 'gap'
  | 'two contents'
  | 'not recorded'
  | 'recorded twice';

export interface Fault {
  readonly kind: FaultKind;
  readonly what: string;
}

/**
 * Compares what went in with what came out. Each accepted mutation is delivered to each entitled subscription exactly once by sequence, in
 * order for each person, recorded, and to nobody else. A repeated message (the same sequence and bytes) is no fault: topics are at least once.
 */
export const faultsOf = ({ accepted, entitled, arrived, recorded }: Run): Fault[] => {
  const first = firstArrivals(arrived);
  return [
    ...first.faults,
    ...leaks(accepted, entitled, first.deliveries),
    ...entitled.flatMap((one) => deliveryFaults(accepted, one, first.deliveries)),
    ...recordFaults(first.deliveries, recorded),
  ];
};

/** One delivery for each sequence. The sequence is dense for each subscription and partition. */
const firstArrivals = (arrived: readonly ArrivedDelivery[]) => {
  const faults: Fault[] = [];
  const deliveries: ArrivedDelivery[] = [];
  const lanes = Map.groupBy(arrived, laneOf);
  for (const [lane, messages] of lanes) {
    const seen = new Map<bigint, string>();
    let last = 0n;
    for (const one of messages) {
      const before = seen.get(one.sequence);
      if (before === one.hash) continue;
      if (before !== undefined) {
        faults.push({ kind: 'two contents', what: `${lane}: ${one.sequence}` });
        continue;
      }
      if (one.sequence !== last + 1n) faults.push({ kind: 'gap', what: `${lane}: ${one.sequence} after ${last}` });
      seen.set(one.sequence, one.hash);
      last = one.sequence;
      deliveries.push(one);
    }
  }
  return { faults, deliveries };
};

const laneOf = ({ institution, subscriptionId, partition }: ArrivedDelivery): string =>
  `topic of ${institution}, subscription ${subscriptionId}, partition ${partition}`;

const nameOf = ({ person, dataService, sourceRevision, mark }: Omit<AcceptedMutation, 'isOptional'>): string =>
  `${person} ${dataService} ${sourceRevision} ${mark}`;

const leaks = (
  accepted: readonly AcceptedMutation[],
  entitled: readonly Entitlement[],
  deliveries: readonly ArrivedDelivery[],
): Fault[] => {
  const known = new Set(accepted.map(nameOf));
  return deliveries.flatMap((one): Fault[] => {
    const mayReceive = entitled.some(
      ({ subscriptionId, institution, dataService, persons }) =>
        subscriptionId === one.subscriptionId &&
        institution === one.institution &&
        dataService === one.dataService &&
        persons.has(one.person),
    );
    return [
      ...(mayReceive ? [] : [{ kind: 'leaked', what: `${nameOf(one)} to ${one.institution}` } as const]),
      ...(known.has(nameOf(one)) ? [] : [{ kind: 'never accepted', what: nameOf(one) } as const]),
    ];
  });
};

const deliveryFaults = (
  accepted: readonly AcceptedMutation[],
  { subscriptionId, institution, dataService, persons }: Entitlement,
  deliveries: readonly ArrivedDelivery[],
): Fault[] => {
  const faults: Fault[] = [];
  const to = (name: string) => `${name} to ${institution}, subscription ${subscriptionId}`;
  const own = deliveries.filter((one) => one.subscriptionId === subscriptionId && one.institution === institution);
  const times = Map.groupBy(own, nameOf);
  const due = accepted.filter((one) => one.dataService === dataService && persons.has(one.person));
  for (const one of due) {
    const count = times.get(nameOf(one))?.length ?? 0;
    if (count === 0 && one.isOptional !== true) faults.push({ kind: 'lost', what: to(nameOf(one)) });
    if (count > 1) faults.push({ kind: 'doubled', what: to(nameOf(one)) });
  }
  const order = new Map(due.map((one, index) => [nameOf(one), index]));
  for (const [person, ofPerson] of Map.groupBy(own, ({ person }) => person)) {
    let highest = -1;
    for (const one of ofPerson) {
      const index = order.get(nameOf(one)) ?? highest;
      if (index < highest)
        faults.push({ kind: 'reordered', what: to(`${nameOf(one)} behind a later one of ${person}`) });
      highest = Math.max(highest, index);
    }
  }
  return faults;
};

const recordFaults = (deliveries: readonly ArrivedDelivery[], recorded: readonly string[]): Fault[] => {
  const times = Map.groupBy(recorded, (ticket) => ticket);
  return deliveries.flatMap((one): Fault[] => {
    const count = times.get(one.ticket)?.length ?? 0;
    if (count === 1) return [];
    return [{ kind: count === 0 ? 'not recorded' : 'recorded twice', what: nameOf(one) }];
  });
};
