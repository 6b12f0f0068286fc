/** What an application of an institution may be registered for, and what the right is for, which follows it after colons. */
export const RIGHTS = {
  /** Consults persons. */
  consult: [],
  /** Inscribes persons, ends inscriptions and lists them. */
  inscribe: [],
  /** Opens subscriptions, and reads deliveries. */
  subscribe: [],
  /** Reports changes of these field groups of a data service, separated by commas; `*`: of all that its institution reports. */
  report: ['data service', 'field groups'],
  /** Answers for a data service, as an authentic source. */
  supply: ['data service'],
  /** Brings whole files of persons. */
  import: [],
  /** Replaces numbers, and proposes, confirms and contests that persons are one. */
  numbers: [],
  /** Orders erasures. */
  erase: [],
  /** Shows citizens who signed in with a provider what is theirs. */
  portal: ['issuer'],
  /** Publishes to mailboxes, and keeps the registration of its document provider. */
  publish: [],
  /** Agrees that another institution acts for its own. */
  entrust: [],
  /** Registers whoever and whatever is in the policy. */
  administer: [],
  /** Decides for the committee. */
  decide: [],
  /** Lays deliberations before the committee. */
  propose: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type RightKind = keyof typeof RIGHTS;

export const isRightKind = (text: string): text is RightKind => Object.hasOwn(RIGHTS, text);

/** As a person writes it: `report:<data service>:<field groups>`. */
export const formOfRight = (kind: RightKind): string => [kind, ...RIGHTS[kind].map((part) => `<${part}>`)].join(':');

/** The longest time for which an application is registered, in days. */
export const MAX_REGISTERED_DAYS = 400;
