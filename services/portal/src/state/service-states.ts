import { Clock } from '@crossroads/configuration';
import { Injectable } from '@nestjs/common';
import { MeshCalls } from '../mesh/mesh-calls.js';
import { ServiceAway } from '../mesh/service-away.js';

const SERVICES = ['access-audit', 'person-registry', 'reference-directory', 'ebox', 'authorization'] as const;
type ShownService = (typeof SERVICES)[number];

interface ServiceState {
  readonly service: ShownService;
  readonly answers: boolean;
}

export interface ServiceStates {
  readonly at: Date;
  readonly states: readonly ServiceState[];
}

const DEADLINE = { deadlineMs: 2_000 };
const FRESH_MS = 5_000;

/** Whether services answer now. They are asked at most every five seconds, however many people look. */
@Injectable()
export class ServiceStateChecks {
  private held: { readonly at: number; readonly states: Promise<ServiceStates> } | undefined;

  constructor(
    private readonly calls: MeshCalls,
    private readonly clock: Clock,
  ) {}

  now(): Promise<ServiceStates> {
    const at = this.clock.now();
    if (!this.held || at.getTime() - this.held.at > FRESH_MS) this.held = { at: at.getTime(), states: this.check(at) };
    return this.held.states;
  }

  private async check(at: Date): Promise<ServiceStates> {
    const { calls } = this;
    const asked: Readonly<Record<ShownService, () => Promise<unknown>>> = {
      'access-audit': () =>
        calls.figures((client) =>
          client.listMonthlyFigures(
            { from: undefined, to: undefined, customer: '', pageSize: 1, pageToken: '' },
            DEADLINE,
          ),
        ),
      'person-registry': () => calls.withoutToken('person', (client) => client.getOwnPerson({}, DEADLINE)),
      'reference-directory': () =>
        calls.withoutToken('inscriptions', (client) =>
          client.listOwnInscriptions({ pageSize: 1, pageToken: '' }, DEADLINE),
        ),
      ebox: () => calls.messageTypes((client) => client.listMessageTypes({}, DEADLINE)),
      authorization: () =>
        calls.register((client) =>
          client.searchDeliberations(
            {
              words: '',
              recipients: [],
              dataService: '',
              legalContext: '',
              inForceOnly: false,
              pageSize: 1,
              pageToken: '',
            },
            DEADLINE,
          ),
        ),
    };
    const states = await Promise.all(
      SERVICES.map(async (service) => ({ service, answers: await answers(asked[service]()) })),
    );
    return { at, states };
  }
}

/** A refusal is an answer, too: nobody is signed in here. */
const answers = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => true,
    (error: unknown) => !(error instanceof ServiceAway),
  );
