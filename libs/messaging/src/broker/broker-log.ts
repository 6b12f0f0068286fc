import { redact, redactText } from '@crossroads/privacy';

/** Receives what a broker's client logs, redacted. */
export type BrokerLog = (
  level: 'error' | 'warn' | 'info',
  message: string,
  details: Readonly<Record<string, unknown>>,
) => void;

export const redacting =
  (log: BrokerLog | undefined): BrokerLog =>
  (level, message, details) => {
    if (!log) return;
    const shown = redact(details);
    log(level, redactText(message), typeof shown === 'object' && shown !== null ? { ...shown } : {});
  };
