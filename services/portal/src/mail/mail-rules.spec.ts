import { Payment, Message } from '@crossroads/contracts/ebox/v1/message';
import { Delegate } from '@crossroads/contracts/ebox/v1/mailbox_service';
import { dayOf } from '@crossroads/identifiers';
import { describe, expect, it } from '@jest/globals';
import { EVERYTHING, problemsOf } from './mail-filter.rules.js';
import { foreignText, messageView, sizeOf } from './message.rules.js';
import {
  channelsInForce,
  delegateLine,
  delegateProblems,
  problemsOfViolations,
} from './settings/mail-settings.rules.js';

describe('what a page of mail shows', () => {
  it('a subject that lacks the language of the reader is shown in one that it has', () => {
    const subject = { nl: '', fr: 'Décision', de: 'Entscheidung', en: '' };
    expect(foreignText(subject, 'de')).toEqual({ text: 'Entscheidung', language: 'de' });
    expect(foreignText(subject, 'en')).toEqual({ text: 'Décision', language: 'fr' });
    expect(foreignText({ nl: '\u202E \n', fr: '', de: '', en: '' }, 'nl')).toBeUndefined();
  });

  it('an amount is written as the reader writes it, and what is none as it came', () => {
    const amount = (payment: Partial<Payment>) =>
      messageView(Message.fromPartial({ payment }), [], 'nl').payable?.amount.replaceAll(/\s/gu, ' ');
    expect(amount({ amount: '1125.50', currency: 'EUR' })).toBe('€ 1.125,50');
    expect(amount({ amount: '1e9', currency: 'EUR' })).toBe('1e9 EUR');
    expect(amount({ amount: '5', currency: 'euro' })).toBe('5 euro');
  });

  it('sizes are shown as file managers show them', () => {
    expect(sizeOf(512n, 'en')).toBe('512 bytes');
    expect(sizeOf(1_250_000n, 'fr')).toMatch(/^1,3\sMo$/u);
  });
});

describe('what somebody types about mail', () => {
  it('a filter without anything lets everything through', () => expect(problemsOf(EVERYTHING)).toEqual({}));

  it('each field that is wrong is named', () => {
    expect(problemsOf({ ...EVERYTHING, sender: 'x', from: '2026-02-30', to: '2026-02', words: '...' })).toEqual({
      sender: 'noSender',
      from: 'noDay',
      to: 'noDay',
      words: 'noWord',
    });
    expect(problemsOf({ ...EVERYTHING, words: 'a'.repeat(201) })).toEqual({ words: 'tooLong' });
    expect(problemsOf({ ...EVERYTHING, from: '2026-02-02', to: '2026-02-01' })).toEqual({ to: 'endsBeforeItBegins' });
  });

  it('whom to let read is asked for in full', () => {
    expect(delegateProblems({ number: '', label: '', from: '', to: '' })).toEqual({
      number: 'noNumber',
      label: 'noLabel',
    });
    expect(delegateProblems({ number: '85.07.30-033.28', label: 'Sister', from: '', to: '' })).toEqual({});
    expect(delegateProblems({ number: '850730', label: 'a'.repeat(65), from: '', to: '' })).toEqual({
      number: 'wrongNumber',
      label: 'noLabel',
    });
  });

  it('a refusal of a field that nobody typed is no problem of the form', () => {
    expect(problemsOfViolations([{ field: 'ssin', reason: 'UNKNOWN_SSIN' }])).toEqual({ number: 'unknownNumber' });
    expect(problemsOfViolations([{ field: 'request_id', reason: 'X' }])).toBeUndefined();
    expect(problemsOfViolations([])).toBeUndefined();
  });
});

describe('settings of a mailbox', () => {
  it('the last step of a channel counts', () => {
    const step = (channel: string, given: boolean) => ({ channel, given, time: undefined, frontEnd: '' });
    expect(channelsInForce([step('A', false), step('B', true), step('A', true)])).toEqual(['B']);
  });

  it('a permission is in force on its last day, and not on the next', () => {
    const until = Delegate.fromPartial({ period: { endDate: { year: 2026, month: 11, day: 28 } } });
    const stateOn = (delegate: Delegate, day: string) =>
      delegateLine(delegate, dayOf(new Date(`${day}T12:00:00Z`))).state;
    expect(stateOn(until, '2026-11-28')).toBe('inForce');
    expect(stateOn(until, '2026-11-29')).toBe('ended');
    expect(stateOn(Delegate.fromPartial({ removeTime: new Date(0) }), '2026-11-28')).toBe('removed');
    const later = Delegate.fromPartial({ period: { startDate: { year: 2027, month: 1, day: 1 } } });
    expect(stateOn(later, '2026-11-28')).toBe('later');
  });
});
