import type {
  Application,
  DailyPersons,
  Deliberation,
  DocumentProvider,
  InscriptionGrant,
  Institution,
  PolicyEntity,
  Role,
  SignInProvider,
} from '@crossroads/contracts/authorization/v1/policy';
import type { RightKind } from '@crossroads/topology';
import { ApplicationRights } from './application-rights.js';
import { type CompiledGrant, compileGrants, SharedNames } from './compiled-grant.js';
import { type CompiledDataService, compileDataService } from './data-service.js';

/** Who is connected, by the certificate: the same as the gRPC library's `Caller`, which this file does not import. */
export type Peer =
  | {
      readonly kind: 'institution';
      readonly enterpriseNumber: string;
      readonly application: string;
      /** SHA-256 of the certificate's SubjectPublicKeyInfo, base64url. */
      readonly spki: string;
    }
  | { readonly kind: 'service'; readonly name: string; readonly spki: string };

/** The policy has something that a later version has introduced. It may restrict what is granted, so that nobody may pass it over. */
export class UnknownPolicyEntity extends Error {
  override readonly name = 'UnknownPolicyEntity';

  constructor(what: string) {
    super(`the policy has ${what} of a kind that this version does not know`);
  }
}

/** What decisions read. It changes while it is held, so that it must be used without waiting in between. */
export type Policy = Omit<PolicyIndex, 'apply'>;

/** A deliberation without its grants, which are compiled for decisions. */
export type DeliberationHead = Omit<Deliberation, 'grants'>;

const headOf = (deliberation: Deliberation): DeliberationHead => {
  const { deliberationId, reference, title, recipient, state, decideTime, revokeTime } = deliberation;
  return { deliberationId, reference, title, recipient, state, decideTime, revokeTime };
};

/** An application, until its registration ends. */
interface KnownApplication {
  readonly keys: ReadonlySet<string>;
  readonly rights: ApplicationRights;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

interface KnownDeliberation {
  readonly head: DeliberationHead;
  readonly grants: readonly CompiledGrant[];
}

/**
 * The policy in memory, indexed for decisions. The cost of a change depends on the changed entity only. It is applied synchronously, so
 * that every decision sees one revision.
 */
export class PolicyIndex {
  revision = 0n;
  private readonly institutions = new Map<string, Institution>();
  private readonly represented = new Map<string, ReadonlySet<string>>();
  private readonly applications = new Map<string, Map<string, KnownApplication>>();
  private readonly dataServices = new Map<string, CompiledDataService>();
  private readonly deliberations = new Map<string, KnownDeliberation>();
  /** By recipient and data service. */
  private readonly grants = new Map<string, Map<string, Set<CompiledGrant>>>();
  private readonly names = new SharedNames();
  private readonly legalContexts = new Map<string, number>();
  private readonly signInProviders = new Map<string, SignInProvider>();
  private readonly documentProviders = new Map<string, DocumentProvider>();
  private readonly inscriptionGrants = new Map<string, InscriptionGrant>();

  static of(entities: Iterable<PolicyEntity>, revision: bigint): PolicyIndex {
    const policy = new PolicyIndex();
    for (const entity of entities) policy.apply(entity, revision);
    return policy;
  }

  /** Replaces one entity, and sets the revision. @throws UnknownPolicyEntity */
  apply({ entity }: PolicyEntity, revision: bigint): void {
    switch (entity?.$case) {
      case 'institution':
        this.institutions.set(entity.value.enterpriseNumber, entity.value);
        this.represented.set(entity.value.enterpriseNumber, representedBy(entity.value));
        break;
      case 'application':
        this.applyApplication(entity.value);
        break;
      case 'dataService':
        this.dataServices.set(entity.value.dataService, compileDataService(entity.value));
        break;
      case 'deliberation':
        this.applyDeliberation(headOf(entity.value), compileGrants(entity.value, this.names));
        break;
      case 'signInProvider':
        this.signInProviders.set(entity.value.issuer, entity.value);
        break;
      case 'documentProvider':
        this.documentProviders.set(entity.value.enterpriseNumber, entity.value);
        break;
      case 'inscriptionGrant':
        this.inscriptionGrants.set(entity.value.enterpriseNumber, entity.value);
        break;
      case 'term':
        // Words for citizens: nothing is decided by them.
        break;
      case undefined:
        throw new UnknownPolicyEntity('an entity');
    }
    this.revision = revision;
  }

  institution(enterpriseNumber: string): Institution | undefined {
    return this.institutions.get(enterpriseNumber);
  }

  hasRole(enterpriseNumber: string, role: Role): boolean {
    return this.institutions.get(enterpriseNumber)?.roles.includes(role) ?? false;
  }

  /** Whether the key of the certificate is registered, at this time. Services of the mesh are identified by their certificate alone. */
  isRegistered(peer: Peer, now = Date.now()): boolean {
    return peer.kind === 'service' || this.applicationOf(peer, now) !== undefined;
  }

  /** The rights of the application whose key it is; none when that is not registered. */
  rightsOf(peer: Peer, now = Date.now()): ApplicationRights {
    return (peer.kind === 'institution' ? this.applicationOf(peer, now)?.rights : undefined) ?? ApplicationRights.NONE;
  }

  /** Whether the peer is the customer, or represents it, as both administrators and the customer have said. A service of the mesh may act for any customer. */
  mayActFor(peer: Peer, customer: string): boolean {
    if (peer.kind === 'service' || peer.enterpriseNumber === customer) return true;
    return this.represented.get(peer.enterpriseNumber)?.has(customer) ?? false;
  }

  /** The registered keys of those of an institution's applications that have one of these rights. */
  keysOf(
    enterpriseNumber: string,
    rights: readonly RightKind[],
    now = Date.now(),
  ): { readonly application: string; readonly spki: string }[] {
    if (!this.institutions.has(enterpriseNumber)) return [];
    return [...(this.applications.get(enterpriseNumber) ?? [])].flatMap(([application, known]) =>
      known.notAfter > now && known.rights.hasOneOf(rights)
        ? [...known.keys].map((spki) => ({ application, spki }))
        : [],
    );
  }

  /** The institutions to which data of persons is, or was, granted by subscription. */
  subscribers(): string[] {
    return [...this.grants].flatMap(([recipient, services]) =>
      [...services.values()].some((grants) => [...grants].some(({ subscription }) => subscription)) ? [recipient] : [],
    );
  }

  /** The institutions that are registered as document providers, in whichever state. */
  documentProviderNumbers(): string[] {
    return [...this.documentProviders.keys()];
  }

  dataService(name: string): CompiledDataService | undefined {
    return this.dataServices.get(name);
  }

  dataServiceNames(): string[] {
    return [...this.dataServices.keys()];
  }

  /** The field groups of a data service that an institution may report changes of; empty when none. */
  reportedBy(enterpriseNumber: string, dataService: string): ReadonlySet<string> {
    return this.dataServices.get(dataService)?.reporters.get(enterpriseNumber) ?? NONE;
  }

  deliberation(deliberationId: string): DeliberationHead | undefined {
    return this.deliberations.get(deliberationId)?.head;
  }

  /** Ids of all deliberations, in whichever state. */
  deliberationIds(): string[] {
    return [...this.deliberations.keys()];
  }

  /** What a deliberation grants; nothing when it was never approved. */
  grantsBy(deliberationId: string): readonly CompiledGrant[] {
    return this.deliberations.get(deliberationId)?.grants ?? [];
  }

  signInProvider(issuer: string): SignInProvider | undefined {
    return this.signInProviders.get(issuer);
  }

  /** Also one that is not active, or in maintenance. */
  documentProvider(enterpriseNumber: string): DocumentProvider | undefined {
    return this.documentProviders.get(enterpriseNumber);
  }

  /** In which contexts an institution may inscribe, and from when; nothing: in none. */
  inscriptionGrant(enterpriseNumber: string): InscriptionGrant | undefined {
    return this.inscriptionGrants.get(enterpriseNumber);
  }

  /** Of how many persons an institution may come to know in a day. */
  dailyPersons(enterpriseNumber: string): DailyPersons {
    const { consulted, inscribed, misses } = this.inscriptionGrants.get(enterpriseNumber)?.dailyPersons ?? UNLIMITED;
    return {
      consulted: consulted || Number.POSITIVE_INFINITY,
      inscribed: inscribed || Number.POSITIVE_INFINITY,
      misses: misses || DEFAULT_MISSES,
    };
  }

  /** Whether any grant of the network, also a revoked one, names it. */
  knowsLegalContext(legalContext: string): boolean {
    return this.legalContexts.has(legalContext);
  }

  /** What a recipient was ever granted of a data service; nothing when it never was. */
  grantsOf(recipient: string, dataService: string): ReadonlySet<CompiledGrant> | undefined {
    return this.grants.get(recipient)?.get(dataService);
  }

  private applicationOf(
    { enterpriseNumber, application, spki }: Extract<Peer, { kind: 'institution' }>,
    now: number,
  ): KnownApplication | undefined {
    if (!this.institutions.has(enterpriseNumber)) return undefined;
    const known = this.applications.get(enterpriseNumber)?.get(application);
    return known && known.keys.has(spki) && known.notAfter > now ? known : undefined;
  }

  /** Without an end it is registered no longer: nobody is for ever. */
  private applyApplication({ enterpriseNumber, name, spkiHashes, rights, notAfter }: Application): void {
    at(this.applications, enterpriseNumber, () => new Map<string, KnownApplication>()).set(name, {
      keys: new Set(spkiHashes),
      rights: new ApplicationRights(rights),
      notAfter: notAfter?.getTime() ?? 0,
    });
  }

  private applyDeliberation(head: DeliberationHead, grants: readonly CompiledGrant[]): void {
    const before = this.deliberations.get(head.deliberationId);
    if (before) for (const grant of before.grants) this.removeGrant(before.head.recipient, grant);
    for (const grant of grants) this.addGrant(head.recipient, grant);
    this.deliberations.set(head.deliberationId, { head, grants });
  }

  private addGrant(recipient: string, grant: CompiledGrant): void {
    const services = at(this.grants, recipient, () => new Map<string, Set<CompiledGrant>>());
    at(services, grant.dataService, () => new Set()).add(grant);
    for (const context of grant.legalContexts)
      this.legalContexts.set(context, (this.legalContexts.get(context) ?? 0) + 1);
  }

  private removeGrant(recipient: string, grant: CompiledGrant): void {
    const services = this.grants.get(recipient);
    const grants = services?.get(grant.dataService);
    grants?.delete(grant);
    if (grants?.size === 0) services?.delete(grant.dataService);
    for (const context of grant.legalContexts) {
      const uses = (this.legalContexts.get(context) ?? 0) - 1;
      if (uses > 0) this.legalContexts.set(context, uses);
      else this.legalContexts.delete(context);
    }
  }
}

const representedBy = ({ represents, acceptedBy }: Institution): ReadonlySet<string> =>
  new Set(represents).intersection(new Set(acceptedBy));

/** Typing errors of a large office; somebody who searches needs more. */
const DEFAULT_MISSES = 200;
const UNLIMITED: DailyPersons = { consulted: 0, inscribed: 0, misses: 0 };

const NONE: ReadonlySet<string> = new Set();

const at = <Value>(map: Map<string, Value>, key: string, absent: () => Value): Value => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = absent();
  map.set(key, value);
  return value;
};
