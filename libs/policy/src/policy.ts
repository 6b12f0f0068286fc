import type {
  Application,
  Deliberation,
  Institution,
  PolicyEntity,
  Role,
  SignInProvider,
} from '@crossroads/contracts/authorization/v1/policy';
import type { Caller } from '@crossroads/grpc';
import { type CompiledGrant, compileGrants } from './compiled-grant.js';
import { type CompiledDataService, compileDataService } from './data-service.js';

/** What decisions read. Whoever holds it sees later changes: ask and use it without waiting in between. */
export type Policy = Omit<PolicyIndex, 'apply'>;

/** Grants of one recipient for one data service, by legal context. */
type GrantsByContext = Map<string, CompiledGrant[]>;

/**
 * The policy in memory, ready for decisions. A change costs as much as the entity that changed, whatever the size of the
 * policy. It is applied in one go, without waiting, so that every decision sees one revision whole.
 */
export class PolicyIndex {
  revision = 0n;
  private readonly institutions = new Map<string, Institution>();
  private readonly represented = new Map<string, ReadonlySet<string>>();
  private readonly applications = new Map<string, Map<string, ReadonlySet<string>>>();
  private readonly dataServices = new Map<string, CompiledDataService>();
  private readonly deliberations = new Map<string, { message: Deliberation; grants: readonly CompiledGrant[] }>();
  private readonly grants = new Map<string, Map<string, GrantsByContext>>();
  private readonly legalContexts = new Map<string, number>();
  private readonly providers = new Map<string, SignInProvider>();

  static of(entities: Iterable<PolicyEntity>, revision: bigint): PolicyIndex {
    const policy = new PolicyIndex();
    for (const entity of entities) policy.apply(entity, revision);
    return policy;
  }

  /** Replaces one entity; the policy is at `revision` afterwards. */
  apply({ entity }: PolicyEntity, revision: bigint): void {
    switch (entity?.$case) {
      case 'institution':
        this.institutions.set(entity.value.enterpriseNumber, entity.value);
        this.represented.set(entity.value.enterpriseNumber, new Set(entity.value.represents));
        break;
      case 'application':
        this.applyApplication(entity.value);
        break;
      case 'dataService':
        this.dataServices.set(entity.value.dataService, compileDataService(entity.value));
        break;
      case 'deliberation':
        this.applyDeliberation(entity.value);
        break;
      case 'signInProvider':
        this.providers.set(entity.value.issuer, entity.value);
        break;
      case undefined:
        // A kind of entity that this version does not know cannot be one that it decides by.
        break;
    }
    this.revision = revision;
  }

  institution(enterpriseNumber: string): Institution | undefined {
    return this.institutions.get(enterpriseNumber);
  }

  hasRole(enterpriseNumber: string, role: Role): boolean {
    return this.institutions.get(enterpriseNumber)?.roles.includes(role) ?? false;
  }

  /** Whether the key of its certificate is registered. Services of the mesh are known by their certificate alone. */
  isRegistered(caller: Caller): boolean {
    if (caller.kind === 'service') return true;
    return (
      this.institutions.has(caller.enterpriseNumber) &&
      (this.applications.get(caller.enterpriseNumber)?.get(caller.application)?.has(caller.spki) ?? false)
    );
  }

  /** Whether the caller is the customer, or registered to represent it. Services of the mesh act for those they name. */
  mayActFor(caller: Caller, customer: string): boolean {
    if (caller.kind === 'service' || caller.enterpriseNumber === customer) return true;
    return this.represented.get(caller.enterpriseNumber)?.has(customer) ?? false;
  }

  /** Names of an institution's applications that hold a registered key. */
  applicationsOf(enterpriseNumber: string): string[] {
    return [...(this.applications.get(enterpriseNumber) ?? [])].flatMap(([name, keys]) => (keys.size > 0 ? [name] : []));
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

  deliberation(deliberationId: string): Deliberation | undefined {
    return this.deliberations.get(deliberationId)?.message;
  }

  signInProvider(issuer: string): SignInProvider | undefined {
    return this.providers.get(issuer);
  }

  /** Whether any grant of the network, also a revoked one, names it. */
  knowsLegalContext(legalContext: string): boolean {
    return this.legalContexts.has(legalContext);
  }

  /** What a recipient was ever granted of a data service, by legal context. */
  grantsOf(recipient: string, dataService: string): ReadonlyMap<string, readonly CompiledGrant[]> | undefined {
    return this.grants.get(recipient)?.get(dataService);
  }

  private applyApplication({ enterpriseNumber, name, spkiHashes }: Application): void {
    at(this.applications, enterpriseNumber, () => new Map()).set(name, new Set(spkiHashes));
  }

  private applyDeliberation(message: Deliberation): void {
    const before = this.deliberations.get(message.deliberationId);
    if (before) for (const grant of before.grants) this.removeGrant(before.message.recipient, grant);
    const grants = compileGrants(message);
    for (const grant of grants) this.addGrant(message.recipient, grant);
    this.deliberations.set(message.deliberationId, { message, grants });
  }

  private addGrant(recipient: string, grant: CompiledGrant): void {
    const services = at(this.grants, recipient, () => new Map<string, GrantsByContext>());
    const contexts = at(services, grant.dataService, (): GrantsByContext => new Map());
    for (const context of grant.legalContexts) {
      at(contexts, context, (): CompiledGrant[] => []).push(grant);
      this.legalContexts.set(context, (this.legalContexts.get(context) ?? 0) + 1);
    }
  }

  private removeGrant(recipient: string, grant: CompiledGrant): void {
    const services = this.grants.get(recipient);
    const contexts = services?.get(grant.dataService);
    for (const context of grant.legalContexts) {
      const rest = (contexts?.get(context) ?? []).filter((other) => other !== grant);
      if (rest.length > 0) contexts?.set(context, rest);
      else contexts?.delete(context);
      const uses = (this.legalContexts.get(context) ?? 0) - 1;
      if (uses > 0) this.legalContexts.set(context, uses);
      else this.legalContexts.delete(context);
    }
    if (contexts?.size === 0) services?.delete(grant.dataService);
  }
}

const NONE: ReadonlySet<string> = new Set();

const at = <Value>(map: Map<string, Value>, key: string, absent: () => Value): Value => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = absent();
  map.set(key, value);
  return value;
};
