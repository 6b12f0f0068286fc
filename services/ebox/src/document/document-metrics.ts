import { GrpcFailure } from '@crossroads/grpc';
import { counter } from '@crossroads/telemetry';
import { ebox } from '@crossroads/topology';
import type { DocumentToOpen } from './document-to-open.js';

const failed = counter('crossroads.documents_failed');

/** What the provider, or the own store, has to answer for; a reader who leaves or is too slow is no failure. */
const REASONS: readonly string[] = ['DOCUMENT_CHANGED', 'DOCUMENT_PROVIDER_BUSY', 'DOCUMENT_TEMPORARILY_UNAVAILABLE'];

export const countFailure = ({ document, provider }: DocumentToOpen, error: unknown): void => {
  if (!(error instanceof GrpcFailure) || !REASONS.includes(error.reason)) return;
  failed.add(1, { provider: document.uploaded ? `service:${ebox.name}` : provider, reason: error.reason });
};
