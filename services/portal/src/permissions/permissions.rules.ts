import { type IsoDay, parseInscriptionContext } from '@crossroads/identifiers';

/** A file that an institution has on the person; days of the period count whole. */
export interface OwnInscription {
  readonly institution: string;
  readonly context: string;
  readonly start: IsoDay | undefined;
  readonly end: IsoDay | undefined;
}

/** One grant of a deliberation in force. */
export interface PublishedGrant {
  readonly deliberationId: string;
  readonly reference: string;
  readonly recipient: string;
  readonly dataService: string;
  readonly fieldGroups: readonly string[];
  readonly purposes: readonly string[];
  readonly contexts: readonly string[];
  readonly start: IsoDay | undefined;
  readonly end: IsoDay | undefined;
}

/** What one institution may receive of one data service, by one grant. */
type Permission = Omit<PublishedGrant, 'contexts' | 'dataService' | 'start'>;

export interface PermissionsOfService {
  readonly dataService: string;
  readonly permissions: readonly Permission[];
}

interface Days {
  readonly start: IsoDay | undefined;
  readonly end: IsoDay | undefined;
}

const isInForce = ({ start, end }: Days, today: IsoDay): boolean =>
  (start === undefined || start <= today) && (end === undefined || today <= end);

/** A context may be given as its code or as its text. */
const contextOf = (context: string): string => parseInscriptionContext(context) ?? context;

/**
 * Who may receive what about the person today: an institution with a file on them, where a grant to it that is in force names the context of
 * that file. A grant without contexts grants nothing, and neither does one of an institution without a file.
 */
export const permissionsOf = (
  inscriptions: readonly OwnInscription[],
  grants: readonly PublishedGrant[],
  today: IsoDay,
): readonly PermissionsOfService[] => {
  const files = new Set(
    inscriptions
      .filter((one) => isInForce(one, today))
      .map(({ institution, context }) => `${institution} ${contextOf(context)}`),
  );
  const byService = new Map<string, Permission[]>();
  for (const { contexts, dataService, start, ...permission } of grants) {
    if (!isInForce({ start, end: permission.end }, today)) continue;
    if (!contexts.some((context) => files.has(`${permission.recipient} ${contextOf(context)}`))) continue;
    byService.set(dataService, [...(byService.get(dataService) ?? []), permission]);
  }
  return [...byService].map(([dataService, permissions]) => ({ dataService, permissions }));
};

/** The institutions that have a file on the person today. */
export const institutionsWithFile = (inscriptions: readonly OwnInscription[], today: IsoDay): readonly string[] => [
  ...new Set(inscriptions.filter((one) => isInForce(one, today)).map(({ institution }) => institution)),
];
