import { ErasureReason } from '@crossroads/contracts/person/v1/erasure_service';
import { fields, perContext, requestPipe } from '@crossroads/grpc';
import { z } from 'zod';

const reason = fields.field((raw: ErasureReason, refuse): ErasureReason => {
  if (raw === ErasureReason.ERASURE_REASON_UNSPECIFIED) return refuse('REQUIRED', 'needed: why the person is erased');
  return raw in ErasureReason && raw !== ErasureReason.UNRECOGNIZED
    ? raw
    : refuse('UNKNOWN_REASON', 'one of the values of ErasureReason');
});

const erasePerson = perContext((context) =>
  fields.message({ requestId: fields.requestId, ssin: fields.ssin(context), reason }),
);
export type ErasePersonInput = z.output<ReturnType<typeof erasePerson>>;
export const ErasePersonPipe = requestPipe(erasePerson);

const getErasure = perContext(() => fields.message({ erasureId: fields.uuid }));
export type GetErasureInput = z.output<ReturnType<typeof getErasure>>;
export const GetErasurePipe = requestPipe(getErasure);

const acknowledgeErasure = perContext(() => fields.message({ personId: fields.uuid }));
export type AcknowledgeErasureInput = z.output<ReturnType<typeof acknowledgeErasure>>;
export const AcknowledgeErasurePipe = requestPipe(acknowledgeErasure);
