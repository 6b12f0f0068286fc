import type {
  RegisterApplicationRequest,
  RegisterInstitutionRequest,
  RegisterSignInProviderRequest,
  WithdrawKeyRequest,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import { readEnterpriseNumber, readFields, readRequestId } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import { readApplicationName, readSpkiHash } from '../policy/fields.js';
import type { Application, Institution, SignInProvider } from '../policy/policy-entities.js';
import { readApplication, readInstitution, readSignInProvider } from './institution.reader.js';

export interface RegisterInstitutionInput {
  readonly requestId: string;
  readonly institution: Institution;
}

export interface RegisterApplicationInput {
  readonly requestId: string;
  readonly application: Application;
}

export interface RegisterSignInProviderInput {
  readonly requestId: string;
  readonly signInProvider: SignInProvider;
}

export interface WithdrawKeyInput {
  readonly requestId: string;
  readonly enterpriseNumber: string;
  readonly application: string;
  readonly spkiHash: string;
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterInstitutionPipe implements PipeTransform<RegisterInstitutionRequest, RegisterInstitutionInput> {
  transform({ requestId, institution }: RegisterInstitutionRequest): RegisterInstitutionInput {
    return readFields({ requestId: readRequestId(requestId), institution: readInstitution(institution) });
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterApplicationPipe implements PipeTransform<RegisterApplicationRequest, RegisterApplicationInput> {
  transform({ requestId, application }: RegisterApplicationRequest): RegisterApplicationInput {
    return readFields({ requestId: readRequestId(requestId), application: readApplication(application) });
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterSignInProviderPipe
  implements PipeTransform<RegisterSignInProviderRequest, RegisterSignInProviderInput>
{
  transform({ requestId, signInProvider }: RegisterSignInProviderRequest): RegisterSignInProviderInput {
    return readFields({ requestId: readRequestId(requestId), signInProvider: readSignInProvider(signInProvider) });
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class WithdrawKeyPipe implements PipeTransform<WithdrawKeyRequest, WithdrawKeyInput> {
  transform({ requestId, enterpriseNumber, application, spkiHash }: WithdrawKeyRequest): WithdrawKeyInput {
    return readFields({
      requestId: readRequestId(requestId),
      enterpriseNumber: readEnterpriseNumber('enterprise_number', enterpriseNumber),
      application: readApplicationName('application', application),
      spkiHash: readSpkiHash('spki_hash', spkiHash),
    });
  }
}
