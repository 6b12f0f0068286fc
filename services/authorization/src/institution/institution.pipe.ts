import type {
  RegisterApplicationRequest,
  RegisterInstitutionRequest,
  RegisterSignInProviderRequest,
  WithdrawKeyRequest,
} from '@crossroads/contracts/authorization/v1/authorization_service';
import { fields, parseRequest } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { applicationName, spkiHash } from '../policy/fields.js';
import { applicationSchema, institutionSchema, signInProviderSchema } from './institution.reader.js';

const { requestId } = fields;
const registerInstitution = fields.message({ requestId, institution: institutionSchema });
const registerApplication = fields.message({ requestId, application: applicationSchema });
const registerSignInProvider = fields.message({ requestId, signInProvider: signInProviderSchema });
const withdrawKey = fields.message({
  requestId,
  enterpriseNumber: fields.enterpriseNumber,
  application: applicationName,
  spkiHash,
});

export type RegisterInstitutionInput = z.output<typeof registerInstitution>;
export type RegisterApplicationInput = z.output<typeof registerApplication>;
export type RegisterSignInProviderInput = z.output<typeof registerSignInProvider>;
export type WithdrawKeyInput = z.output<typeof withdrawKey>;

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterInstitutionPipe implements PipeTransform<RegisterInstitutionRequest, RegisterInstitutionInput> {
  transform(request: RegisterInstitutionRequest): RegisterInstitutionInput {
    return parseRequest(registerInstitution, request);
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterApplicationPipe implements PipeTransform<RegisterApplicationRequest, RegisterApplicationInput> {
  transform(request: RegisterApplicationRequest): RegisterApplicationInput {
    return parseRequest(registerApplication, request);
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterSignInProviderPipe
  implements PipeTransform<RegisterSignInProviderRequest, RegisterSignInProviderInput>
{
  transform(request: RegisterSignInProviderRequest): RegisterSignInProviderInput {
    return parseRequest(registerSignInProvider, request);
  }
}

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class WithdrawKeyPipe implements PipeTransform<WithdrawKeyRequest, WithdrawKeyInput> {
  transform(request: WithdrawKeyRequest): WithdrawKeyInput {
    return parseRequest(withdrawKey, request);
  }
}
