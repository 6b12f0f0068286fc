import {
  type ChangeSubscriptionResponse,
  type CloseSubscriptionResponse,
  type GetSchemasResponse,
  type GetSubscriptionResponse,
  type ListParkedResponse,
  type ListSubscriptionsResponse,
  type PauseSubscriptionResponse,
  type RedriveParkedResponse,
  type ReplayDeliveriesResponse,
  type ResumeSubscriptionResponse,
  type StreamDeliveriesResponse,
  type SubscribeResponse,
  SubscriptionServiceService,
} from '@crossroads/contracts/subscription/v1/subscription_service';
import {
  type Call,
  type Caller,
  GrpcController,
  PageTokens,
  PermissionDenied,
  requestKey,
  Rpc,
} from '@crossroads/grpc';
import { PolicyFollower, RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { schemas } from '../schemas/schemas.js';
import { Snapshots } from '../snapshot/snapshots.js';
import { DeliveryStream } from '../stream/delivery-stream.js';
import { type StreamDeliveriesInput, StreamDeliveriesPipe } from '../stream/stream-deliveries.pipe.js';
import { AdministratorGuard } from './administrator.guard.js';
import {
  type ChangeSubscriptionInput,
  ChangeSubscriptionPipe,
  type WhichSubscriptionInput,
  WhichSubscriptionPipe,
} from './change-subscription.pipe.js';
import { type ListSubscriptionsInput, ListSubscriptionsPipe } from './list-subscriptions.pipe.js';
import { ParkedMutations } from './parked-mutations.commands.js';
import {
  type ListParkedInput,
  ListParkedPipe,
  type RedriveParkedInput,
  RedriveParkedPipe,
} from './parked-mutations.pipe.js';
import {
  type GetSubscriptionInput,
  GetSubscriptionPipe,
  type ReplayDeliveriesInput,
  ReplayDeliveriesPipe,
} from './replay-deliveries.pipe.js';
import { Replays } from './replays.commands.js';
import { type SubscribeInput, SubscribePipe } from './subscribe.pipe.js';
import { SubscriptionCommands, unknownSubscription } from './subscription.commands.js';
import type { SubscriptionCommand } from './subscription.decider.js';
import { openedMessage, parkedMessage, subscriptionMessage } from './subscription.message.js';
import { SubscriptionRepository } from './subscription.repository.js';

@GrpcController(SubscriptionServiceService, RPCS.subscription['crossroads.subscription.v1.SubscriptionService'])
@UseGuards(RegisteredKeyGuard)
export class SubscriptionController {
  constructor(
    private readonly commands: SubscriptionCommands,
    private readonly subscriptions: SubscriptionRepository,
    private readonly replays: Replays,
    private readonly snapshots: Snapshots,
    private readonly stream: DeliveryStream,
    private readonly parked: ParkedMutations,
    private readonly policy: PolicyFollower,
    private readonly pageTokens: PageTokens,
  ) {}

  @Rpc(SubscriptionServiceService.subscribe, SubscribePipe)
  async subscribe({ requestId, ...input }: SubscribeInput, call: Call): Promise<SubscribeResponse> {
    const institution = this.representedBy(call.caller, input.institution);
    const key = requestKey(call, institution, requestId);
    const subscriptionId = await this.commands.open(call.caller, { ...input, institution }, key);
    const row = await this.subscriptions.find(subscriptionId);
    return { subscription: row ? openedMessage(row) : undefined };
  }

  @Rpc(SubscriptionServiceService.changeSubscription, ChangeSubscriptionPipe)
  async changeSubscription(
    { content, fieldGroups, encoding, ...input }: ChangeSubscriptionInput,
    call: Call,
  ): Promise<ChangeSubscriptionResponse> {
    return this.change(input, call, { type: 'ChangeSubscription', content, fieldGroups, encoding });
  }

  @Rpc(SubscriptionServiceService.closeSubscription, WhichSubscriptionPipe)
  async closeSubscription(input: WhichSubscriptionInput, call: Call): Promise<CloseSubscriptionResponse> {
    return this.change(input, call, { type: 'CloseSubscription', reason: 'CLOSED_BY_SUBSCRIBER' });
  }

  @Rpc(SubscriptionServiceService.pauseSubscription, WhichSubscriptionPipe)
  async pauseSubscription(input: WhichSubscriptionInput, call: Call): Promise<PauseSubscriptionResponse> {
    return this.change(input, call, { type: 'PauseSubscription' });
  }

  @Rpc(SubscriptionServiceService.resumeSubscription, WhichSubscriptionPipe)
  async resumeSubscription(input: WhichSubscriptionInput, call: Call): Promise<ResumeSubscriptionResponse> {
    return this.change(input, call, { type: 'ResumeSubscription' });
  }

  @Rpc(SubscriptionServiceService.replayDeliveries, ReplayDeliveriesPipe)
  async replayDeliveries(
    { requestId, ...input }: ReplayDeliveriesInput,
    call: Call,
  ): Promise<ReplayDeliveriesResponse> {
    const key = requestKey(call, institutionOf(call.caller), requestId);
    const replayId = await this.replays.begin(call.caller, input, key);
    return { replay: await this.replays.begun(replayId) };
  }

  @Rpc(SubscriptionServiceService.streamDeliveries, StreamDeliveriesPipe, { endless: true })
  streamDeliveries(input: StreamDeliveriesInput, call: Call): AsyncIterable<StreamDeliveriesResponse> {
    return this.stream.open(input, call);
  }

  @Rpc(SubscriptionServiceService.getSchemas)
  async getSchemas(): Promise<GetSchemasResponse> {
    return schemas();
  }

  @Rpc(SubscriptionServiceService.getSubscription, GetSubscriptionPipe)
  async getSubscription({ subscriptionId }: GetSubscriptionInput, call: Call): Promise<GetSubscriptionResponse> {
    institutionOf(call.caller);
    const row = await this.subscriptions.find(subscriptionId);
    if (!row || !this.policy.mayActFor(call.caller, row.institution)) throw unknownSubscription();
    const lanes = await this.subscriptions.lanesOf([subscriptionId]);
    return {
      subscription: subscriptionMessage(row, lanes.get(subscriptionId) ?? []),
      replays: await this.replays.of(subscriptionId),
      snapshot: await this.snapshots.of(subscriptionId),
    };
  }

  @Rpc(SubscriptionServiceService.listSubscriptions, ListSubscriptionsPipe)
  async listSubscriptions(input: ListSubscriptionsInput, { caller }: Call): Promise<ListSubscriptionsResponse> {
    const filters = { institution: this.representedBy(caller, input.institution) };
    const after = this.pageTokens.decode(input.pageToken, filters, (id) => (typeof id === 'string' ? id : undefined));
    const rows = await this.subscriptions.page(filters.institution, after, input.pageSize + 1);
    const page = rows.slice(0, input.pageSize);
    const last = page.at(-1);
    const lanes = await this.subscriptions.lanesOf(page.map(({ subscriptionId }) => subscriptionId));
    return {
      subscriptions: page.map((row) => subscriptionMessage(row, lanes.get(row.subscriptionId) ?? [])),
      nextPageToken: rows.length > page.length && last ? this.pageTokens.encode(last.subscriptionId, filters) : '',
    };
  }

  @Rpc(SubscriptionServiceService.listParked, ListParkedPipe, { lane: 'batch' })
  @UseGuards(AdministratorGuard)
  async listParked({ after, pageSize }: ListParkedInput): Promise<ListParkedResponse> {
    const rows = await this.parked.list(after, pageSize + 1);
    const page = rows.slice(0, pageSize);
    const last = page.at(-1);
    return {
      parked: page.map(parkedMessage),
      nextPageToken: rows.length > page.length && last ? this.pageTokens.encode(String(last.position), {}) : '',
    };
  }

  @Rpc(SubscriptionServiceService.redriveParked, RedriveParkedPipe, { lane: 'batch' })
  @UseGuards(AdministratorGuard)
  async redriveParked({ requestId, personId }: RedriveParkedInput, call: Call): Promise<RedriveParkedResponse> {
    return this.parked.redrive(personId, requestKey(call, institutionOf(call.caller), requestId));
  }

  private async change(
    { requestId, subscriptionId }: WhichSubscriptionInput,
    call: Call,
    command: SubscriptionCommand,
  ): Promise<Record<string, never>> {
    const key = requestKey(call, institutionOf(call.caller), requestId);
    await this.commands.change(call.caller, subscriptionId, command, key);
    return {};
  }

  /** The institution that a request names, or the caller's own. @throws PermissionDenied */
  private representedBy(caller: Caller, institution = institutionOf(caller)): string {
    if (this.policy.mayActFor(caller, institution)) return institution;
    throw new PermissionDenied('NOT_REPRESENTED', 'the caller is not registered to represent this institution', {
      metadata: { institution },
    });
  }
}

const institutionOf = (caller: Caller): string => {
  if (caller.kind === 'institution') return caller.enterpriseNumber;
  throw new PermissionDenied('CALLER_NOT_ALLOWED', 'this rpc is for institutions');
};
