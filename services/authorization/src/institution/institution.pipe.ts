import type { RegisterSignInProviderRequest } from '@crossroads/contracts/authorization/v1/authorization_service';
import { fields, parseRequest, requestPipe } from '@crossroads/grpc';
import { Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { applicationName, spkiHash } from '../policy/fields.js';
import { applicationSchema, institutionSchema, signInProviderSchema } from './institution.reader.js';

const { requestId } = fields;
const registerInstitution = fields.message({ requestId, institution: institutionSchema });
const acceptRepresentation = fields.message({ requestId, representative: fields.enterpriseNumber });
const withdrawRepresentation = fields.message({
  requestId,
  representative: fields.enterpriseNumber,
  represented: fields.enterpriseNumber,
});
const registerApplication = fields.message({ requestId, application: applicationSchema });
const registerSignInProvider = fields.message({ requestId, signInProvider: signInProviderSchema });
const withdrawKey = fields.message({
  requestId,
  enterpriseNumber: fields.enterpriseNumber,
  application: applicationName,
  spkiHash,
});

export type RegisterInstitutionInput = z.output<typeof registerInstitution>;
export type AcceptRepresentationInput = z.output<typeof acceptRepresentation>;
export type WithdrawRepresentationInput = z.output<typeof withdrawRepresentation>;
export type RegisterApplicationInput = z.output<typeof registerApplication>;
export type RegisterSignInProviderInput = z.output<typeof registerSignInProvider>;
export type WithdrawKeyInput = z.output<typeof withdrawKey>;

export const RegisterInstitutionPipe = requestPipe(registerInstitution);

export const AcceptRepresentationPipe = requestPipe(acceptRepresentation);

export const WithdrawRepresentationPipe = requestPipe(withdrawRepresentation);

export const RegisterApplicationPipe = requestPipe(registerApplication);

/** @throws InvalidInput naming every field that is wrong */
@Injectable()
export class RegisterSignInProviderPipe
  implements PipeTransform<RegisterSignInProviderRequest, RegisterSignInProviderInput>
{
  transform(request: RegisterSignInProviderRequest): RegisterSignInProviderInput {
    return parseRequest(registerSignInProvider, request);
  }
}

export const WithdrawKeyPipe = requestPipe(withdrawKey);
