import type { IsoDay } from '@crossroads/identifiers';
import { deciderSpec } from '@crossroads/testing';
import { describe, it } from '@jest/globals';
import { mailbox, type MailboxCommand, type MailboxEvent } from './mailbox.decider.js';

const given = deciderSpec(mailbox);
const [mailboxId, delegationId] = ['5b1f4bd2-2d0e-4c4e-8d4e-6a1f36a5f0a1', 'e5b7a2b4-4f2c-4d7b-9f0b-0f3b8f5d2c11'];
const opening = { mailboxId, enterpriseNumber: null, language: 'nl' } as const;
const consent = { channel: 'MY_EBOX', frontEnd: '0206731645' };
const delegate = {
  delegationId,
  delegateId: '0d4bd2f1-6a53-4c2e-9f3b-5f1f6c9a7e22',
  label: 'sealed',
  startsOn: '2026-03-02' as IsoDay,
  endsBefore: null,
};
const opened: MailboxEvent = { type: 'MailboxOpened', data: opening };
const added: MailboxEvent = { type: 'DelegateAdded', data: delegate };
const give: MailboxCommand = { type: 'GiveConsent', isGiven: false, ...consent, ...opening };
const withdraw: MailboxCommand = { type: 'WithdrawConsent', isGiven: true, ...consent };
const add: MailboxCommand = { type: 'AddDelegate', delegates: 19, ...delegate };

describe('the decider of a mailbox', () => {
  it('opens a mailbox with its first consent only', () => {
    given().when(give).then(opened, { type: 'ConsentGiven', data: consent });
    given(opened).when(give).then({ type: 'ConsentGiven', data: consent });
  });

  it('gives a consent that holds already, or withdraws one that does not, without effect', () => {
    given(opened)
      .when({ ...give, isGiven: true })
      .thenNothing();
    given(opened)
      .when({ ...withdraw, isGiven: false })
      .thenNothing();
    given(opened).when(withdraw).then({ type: 'ConsentWithdrawn', data: consent });
  });

  it('refuses preferences and delegates before a mailbox is open', () => {
    given().when(add).thenRejected('MAILBOX_NOT_OPEN');
    given()
      .when({ type: 'ChangePreferences', language: 'fr', exclusivelyEbox: true, notificationAddress: null })
      .thenRejected('MAILBOX_NOT_OPEN');
  });

  it('refuses a delegate after the twentieth', () => {
    given(opened).when(add).then(added);
    given(opened)
      .when({ ...add, delegates: 20 })
      .thenRejected('TOO_MANY_DELEGATES');
  });

  it('removes a delegate once', () => {
    const remove = { type: 'RemoveDelegate', delegationId } as const;
    const removed: MailboxEvent = { type: 'DelegateRemoved', data: { delegationId } };
    given(opened, added).when(remove).then(removed);
    given(opened, added, removed).when(remove).thenNothing();
  });
});
