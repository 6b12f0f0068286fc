import { Rejection } from '@crossroads/eventsourcing/decider';
import { deciderSpec } from '@crossroads/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type SubscriptionCommand, type SubscriptionEvent, subscription } from './subscription.decider.js';

const given = deciderSpec(subscription);
const terms = {
  institution: '0206731645',
  inscriptionContext: '11/1',
  dataService: 'person.identification.v1',
  legalContext: 'CIN:INSURABILITY',
  content: 'data' as const,
  fieldGroups: [],
  encoding: 'protobuf' as const,
};
const open: SubscriptionCommand = { type: 'OpenSubscription', ...terms };
const opened: SubscriptionEvent = { type: 'SubscriptionOpened', data: terms };
const paused: SubscriptionEvent = { type: 'SubscriptionPaused', data: {} };
const close: SubscriptionCommand = { type: 'CloseSubscription', reason: 'CLOSED_BY_SUBSCRIBER' };
const closed: SubscriptionEvent = { type: 'SubscriptionClosed', data: { reason: 'CLOSED_BY_SUBSCRIBER' } };

describe('subscription', () => {
  it('a subscription opens once', () => {
    given().when(open).then(opened);
    given(opened).when(open).thenRejected('SUBSCRIPTION_ALREADY_OPEN');
  });

  it('a subscription is paused and resumed, and repeating either changes nothing', () => {
    given(opened).when({ type: 'PauseSubscription' }).then(paused);
    given(opened, paused).when({ type: 'PauseSubscription' }).then();
    given(opened, paused).when({ type: 'ResumeSubscription' }).then({ type: 'SubscriptionResumed', data: {} });
    given(opened).when({ type: 'ResumeSubscription' }).then();
  });

  it('what it delivers changes while it is open or paused', () => {
    const options = { content: 'notification' as const, fieldGroups: ['death'], encoding: 'json' as const };
    const change: SubscriptionCommand = { type: 'ChangeSubscription', ...options };
    given(opened).when(change).then({ type: 'SubscriptionChanged', data: options });
    given(opened, paused).when(change).then({ type: 'SubscriptionChanged', data: options });
    given(opened, paused, { type: 'SubscriptionChanged', data: options }).when({ type: 'PauseSubscription' }).then();
    given(opened, closed).when(change).thenRejected('SUBSCRIPTION_NOT_OPEN');
    given().when(change).thenRejected('SUBSCRIPTION_NOT_OPEN');
  });

  it('a closed subscription replays nothing, as its sequence has ended', () => {
    const replayed = { replayId: 'replay', lanes: [{ lane: 0, from: '1', to: '2' }] };
    const replay: SubscriptionCommand = { type: 'ReplayDeliveries', ...replayed };
    given(opened, paused).when(replay).then({ type: 'DeliveriesReplayed', data: replayed });
    given(opened, closed).when(replay).thenRejected('SUBSCRIPTION_NOT_OPEN');
  });

  it('a subscription closes for good, also while it is paused', () => {
    given(opened, paused).when(close).then(closed);
    given(opened, closed).when(close).then();
    given(opened, closed).when({ type: 'ResumeSubscription' }).thenRejected('SUBSCRIPTION_NOT_PAUSED');
    given(opened, closed).when({ type: 'PauseSubscription' }).thenRejected('SUBSCRIPTION_NOT_OPEN');
    given(opened, closed).when(open).thenRejected('SUBSCRIPTION_ALREADY_OPEN');
  });

  it('a subscription that does not exist cannot be closed', () => {
    given().when(close).thenRejected('SUBSCRIPTION_NOT_OPEN');
  });

  it('no command adds an event after the closing of a subscription', () => {
    const command = fc.constantFrom<SubscriptionCommand>(
      open,
      close,
      { type: 'PauseSubscription' },
      { type: 'ResumeSubscription' },
      { type: 'ChangeSubscription', content: 'notification', fieldGroups: [], encoding: 'protobuf' },
      { type: 'ReplayDeliveries', replayId: 'replay', lanes: [] },
    );
    fc.assert(
      fc.property(fc.array(command), (commands) => {
        const log: SubscriptionEvent[] = [];
        for (const one of commands) {
          try {
            log.push(...subscription.decide(one, log.reduce(subscription.evolve, subscription.initialState())));
          } catch (error) {
            if (!(error instanceof Rejection)) throw error;
          }
        }
        const end = log.findIndex(({ type }) => type === 'SubscriptionClosed');
        expect(end === -1 || end === log.length - 1).toBe(true);
      }),
    );
  });
});
