import { randomInt, randomUUID } from 'node:crypto';
import { NumberState } from '@crossroads/contracts/directory/v1/directory_service';
import { MailboxServiceService } from '@crossroads/contracts/ebox/v1/mailbox_service';
import type { Connection, MethodShape, TlsFiles } from '@crossroads/grpc';
import { ssinCheck, withCbeCheck } from '@crossroads/identifiers';
import { DirectoryStandIn, SignInStandIn, type TestMesh, type TestToken } from '@crossroads/testing/mesh';
import type { ServiceDefinition } from '@grpc/grpc-js';

/** New numbers at each run: a Kafka that is shared still has the topics of those before. */
const RUN = randomInt(1_000, 10_000);
const member = (number: string) => withCbeCheck(`02${RUN}${number}`);

/** The front end through which people read. */
export const PORTAL = member('01');
/** Another front end. */
export const BANK = member('02');
/** Enterprises that have a mailbox; no members of the network. */
export const BAKERY = member('21');
export const BREWERY = member('22');

export interface Person {
  readonly ssin: string;
  readonly personId: string;
}

export type MailboxClient = Connection<typeof MailboxServiceService>;

/** Front ends, a sign-in provider, and people whom the reference directory knows. */
export class World {
  readonly directory = new DirectoryStandIn();
  private readonly tls = new Map<string, TlsFiles>();
  private people = 0;

  private constructor(
    readonly mesh: TestMesh,
    private readonly signIn: SignInStandIn,
  ) {}

  static async create(mesh: TestMesh): Promise<World> {
    const world = new World(mesh, await SignInStandIn.register(mesh));
    await mesh.standIn('reference-directory', world.directory.serve('ebox'));
    for (const enterpriseNumber of [PORTAL, BANK])
      world.tls.set(enterpriseNumber, await mesh.register(enterpriseNumber));
    return world;
  }

  /** Somebody whom the directory knows. */
  person(): Person {
    const counter = ++this.people;
    const nine = `80${61 + Math.floor(counter / 900)}01${String(counter % 900).padStart(3, '0')}`;
    const person = { ssin: `${nine}${ssinCheck(nine, 1900)}`, personId: randomUUID() };
    this.directory.put(person);
    return person;
  }

  /**
   * One person becomes another one: the number of the first is replaced by that of the second, which was known under both ids.
   * @param merge long ago and uncontested unless told otherwise
   */
  merge(
    gone: Person,
    into: Person,
    { mergeTime = new Date(0), contested = false }: { readonly mergeTime?: Date; readonly contested?: boolean } = {},
  ): void {
    const [before, own] = [gone, into].map(({ ssin }) => this.directory.numbers.get(ssin)?.merges ?? []);
    const merges = [...(own ?? []), { personId: gone.personId, mergeTime, contested }, ...(before ?? [])];
    const more = { mergedPersonIds: merges.map(({ personId }) => personId), merges };
    this.directory.put(into, [], more);
    const replaced = { state: NumberState.NUMBER_STATE_REPLACED, ownPersonId: gone.personId };
    this.directory.put({ ssin: gone.ssin, personId: into.personId }, [], { ...more, ...replaced });
  }

  /** Undoes the merge of two people. */
  split(...people: readonly Person[]): void {
    for (const person of people) this.directory.put(person);
  }

  /** What the sign-in provider says of a person, as metadata of a call. */
  async signedIn(
    { ssin }: Pick<Person, 'ssin'>,
    roles?: unknown,
    {
      through = PORTAL,
      claims = {},
      ...more
    }: { readonly through?: string } & Pick<TestToken, 'claims' | 'header' | 'now'> = {},
  ): Promise<{ readonly metadata: Record<string, string> }> {
    const token = await this.signIn.token({
      ssin,
      service: 'ebox',
      portal: { enterpriseNumber: through, tls: this.certificate(through) },
      claims: { ...(roles === undefined ? {} : { enterprise_roles: roles }), ...claims },
      ...more,
    });
    return { metadata: { authorization: `Bearer ${token}` } };
  }

  certificate(enterpriseNumber: string): TlsFiles {
    const tls = this.tls.get(enterpriseNumber);
    if (!tls) throw new Error('no such institution in this world');
    return tls;
  }

  /** The application `desk` of an institution, or whoever else has this certificate. */
  client<Definition extends Record<string, MethodShape> & ServiceDefinition>(
    definition: Definition,
    { port }: { readonly port: number },
    who: string | TlsFiles,
  ): Connection<Definition> {
    return this.mesh.connect(definition, port, typeof who === 'string' ? this.certificate(who) : who);
  }

  mailboxes(running: { readonly port: number }, who: string | TlsFiles = PORTAL): MailboxClient {
    return this.client(MailboxServiceService, running, who);
  }
}
