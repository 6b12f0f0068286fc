import { redact, redactText } from '@crossroads/privacy';

/** Where the brokers' own words go; already redacted. Absent: nowhere. */
export type BrokerLog = (
  level: 'error' | 'warn' | 'info',
  message: string,
  details: Readonly<Record<string, unknown>>,
) => void;

/** Redacts before a word leaves. */
export const redacting =
  (log: BrokerLog | undefined): BrokerLog =>
  (level, message, details) => {
    if (!log) return;
    const shown = redact(details);
    log(level, redactText(message), typeof shown === 'object' && shown !== null ? { ...shown } : {});
  };
