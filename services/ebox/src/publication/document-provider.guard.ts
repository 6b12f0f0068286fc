import type { Call } from '@crossroads/grpc';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { DocumentProviders } from './document-providers.js';

/** Lets in active document providers. Others learn nothing: their request is not parsed. */
@Injectable()
export class DocumentProviderGuard implements CanActivate {
  constructor(private readonly providers: DocumentProviders) {}

  canActivate(context: ExecutionContext): boolean {
    this.providers.providerOf(context.switchToRpc().getContext<Call>().caller);
    return true;
  }
}
