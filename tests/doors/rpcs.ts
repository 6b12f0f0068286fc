import { AuditServiceService } from '@crossroads/contracts/audit/v1/audit_service';
import { AuthorizationServiceService } from '@crossroads/contracts/authorization/v1/authorization_service';
import { DirectoryServiceService } from '@crossroads/contracts/directory/v1/directory_service';
import { EventsServiceService } from '@crossroads/contracts/events/v1/events_service';
import { ExchangeServiceService } from '@crossroads/contracts/exchange/v1/exchange_service';
import { PersonServiceService } from '@crossroads/contracts/person/v1/person_service';
import { SourceServiceService } from '@crossroads/contracts/source/v1/source_service';
import { SubscriptionServiceService } from '@crossroads/contracts/subscription/v1/subscription_service';

/** What a server serves to institutions, and to which service of the mesh what. */
export interface Door {
  readonly institutions: readonly string[];
  readonly services: Readonly<Record<string, readonly string[]>>;
}

const paths = (
  definition: Readonly<Record<string, { readonly path: string }>>,
  wanted: (name: string) => boolean = () => true,
): string[] => Object.entries(definition).flatMap(([name, { path }]) => (wanted(name) ? [path] : []));

const events = paths(EventsServiceService);
const supply = paths(SourceServiceService);
const ofServices = (name: string): boolean => name === 'watch' || name === 'check' || name === 'batchCheck';

/** Every server that a mesh on one machine has, by its name in `mesh.json`. */
export const DOORS: Readonly<Record<string, Door>> = {
  authorization: {
    institutions: paths(AuthorizationServiceService, (name) => name !== 'watch'),
    services: { exchange: paths(AuthorizationServiceService, (name) => name === 'watch') },
  },
  'person-registry': {
    institutions: paths(PersonServiceService),
    services: { exchange: supply, 'reference-directory': events },
  },
  'reference-directory': {
    institutions: paths(DirectoryServiceService, (name) => !ofServices(name)),
    services: {
      exchange: paths(DirectoryServiceService, ofServices),
      subscription: paths(DirectoryServiceService, ofServices),
    },
  },
  exchange: { institutions: paths(ExchangeServiceService), services: { subscription: events } },
  subscription: { institutions: paths(SubscriptionServiceService), services: { 'access-audit': events } },
  'access-audit': { institutions: paths(AuditServiceService), services: {} },
  'wages-source': { institutions: [], services: { exchange: supply } },
};
