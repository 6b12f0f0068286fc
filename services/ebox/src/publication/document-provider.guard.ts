import { PublicationServiceService } from '@crossroads/contracts/ebox/v1/publication_service';
import type { Call } from '@crossroads/grpc';
import { PolicyFollower } from '@crossroads/policy';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { DocumentProviders } from './document-providers.js';

/** Lets in active document providers, and portals to the names of types. Others learn nothing: their request is not parsed. */
@Injectable()
export class DocumentProviderGuard implements CanActivate {
  constructor(
    private readonly providers: DocumentProviders,
    private readonly policy: PolicyFollower,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { caller, rpc } = context.switchToRpc().getContext<Call>();
    const isForPortals = rpc === PublicationServiceService.listMessageTypes.path;
    if (isForPortals && this.policy.policy().rightsOf(caller).hasOneOf(['portal'])) return true;
    this.providers.providerOf(caller);
    return true;
  }
}
