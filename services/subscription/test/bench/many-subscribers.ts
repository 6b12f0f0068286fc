import { DeliberationState } from '@crossroads/contracts/authorization/v1/policy';
import { SubscriptionServiceService } from '@crossroads/contracts/subscription/v1/subscription_service';
import { withCbeCheck } from '@crossroads/identifiers';
import { eventually } from '@crossroads/testing';
import type { TestMesh } from '@crossroads/testing/mesh';
import { CONTEXT, FUND, type Person, PERSON, PURPOSE, toAll, type World } from '../world.js';

interface Wanted {
  readonly institutions: number;
  /** Of all institutions together. */
  readonly subscriptions: number;
}

interface Subscribers {
  readonly institutions: readonly string[];
  readonly contexts: readonly string[];
}

/** Institutions that subscribe at the same time: each creates its topic. */
const AT_ONCE = 25;

/** The first subscription of each institution is opened by the rpc, which creates the topic. Those in further contexts are copies. */
export const manySubscribers = async (
  mesh: TestMesh,
  world: World,
  port: number,
  { institutions: count, subscriptions }: Wanted,
  report: (line: string) => void,
): Promise<Subscribers> => {
  const contexts = Array.from({ length: Math.ceil(subscriptions / count) }, (_, n) => `17/${n + 1}`);
  const institutions = Array.from({ length: count }, (_, n) =>
    withCbeCheck(`1${FUND.slice(2, 6)}${String(n).padStart(3, '0')}`),
  );
  for (const [n, institution] of institutions.entries()) grant(mesh, n, institution, contexts);
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(institutions.slice(from, from + AT_ONCE).map((one) => subscribe(mesh, port, one, contexts[0])));
    report(`${Math.min(count, from + AT_ONCE)} of ${count} subscribers`);
  }
  await copyTo(world, contexts);
  return { institutions, contexts };
};

const grant = (mesh: TestMesh, n: number, recipient: string, inscriptionContexts: readonly string[]) =>
  mesh.policy.put({
    $case: 'deliberation',
    value: {
      deliberationId: crypto.randomUUID(),
      reference: `26/${n}`,
      title: 'For the bench',
      recipient,
      grants: [
        {
          dataService: PERSON,
          fieldGroups: ['name', 'address'],
          legalContexts: [PURPOSE],
          inscriptionContexts,
          validity: undefined,
          online: false,
          subscription: true,
          withoutOfficial: false,
        },
      ],
      state: DeliberationState.DELIBERATION_STATE_APPROVED,
      decideTime: new Date(),
      revokeTime: undefined,
    },
  });

const subscribe = async (
  mesh: TestMesh,
  port: number,
  institution: string,
  inscriptionContext = CONTEXT,
): Promise<void> => {
  const client = mesh.connect(SubscriptionServiceService, port, await mesh.register(institution));
  const request = toAll({ inscriptionContext });
  try {
    // Refused until the service has followed the policy.
    await eventually(() => client.subscribe(request).catch(() => undefined), Boolean, 60_000);
  } finally {
    client.close();
  }
};

const copyTo = (world: World, contexts: readonly string[]): Promise<void> =>
  world.asAdmin(async (client) => {
    await client.query('begin');
    await client.query(
      `create temporary table copies on commit drop as
         select gen_random_uuid() as copy_id, context, s.* from subscriptions s, unnest($2::text[]) as context
         where inscription_context = $1`,
      [contexts[0], contexts.slice(1)],
    );
    await client.query(
      `insert into subscriptions (subscription_id, institution, inscription_context, data_service, legal_context, all_inscribed,
         named_persons, state, lane_count, content, field_groups, encoding, opened_at)
       select copy_id, institution, context, data_service, legal_context, all_inscribed, named_persons, state, lane_count, content,
         field_groups, encoding, opened_at from copies`,
    );
    await client.query(
      `insert into subscription_lanes (subscription_id, lane, institution, shard)
       select copy_id, lane, l.institution, shard from copies join subscription_lanes l using (subscription_id)`,
    );
    await client.query('commit');
  });

/** People whom the fund and some of the institutions have inscribed. */
export const peopleOf = (
  world: World,
  { institutions, contexts }: Subscribers,
  people: number,
  inscriptions: number,
): Person[] =>
  Array.from({ length: people }, (_, n) => {
    const person = world.person();
    const others = Array.from({ length: inscriptions - 1 }, (_, k) => {
      const at = n * 7 + k * 61;
      return [institutions[at % institutions.length] ?? '', contexts[at % contexts.length] ?? ''] as const;
    });
    world.directory.put(person, [[FUND, CONTEXT], ...others]);
    return person;
  });
