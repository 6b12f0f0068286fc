import { fields } from '@crossroads/grpc';
import { z } from 'zod';
import { dataServiceName, distinctList, fieldGroupName, publicText } from '../policy/fields.js';

const MAX_GRANTS = 100;
const MAX_NAMES = 100;

const grant = fields
  .message({
    dataService: dataServiceName,
    fieldGroups: distinctList(fieldGroupName, { max: MAX_NAMES }),
    legalContexts: distinctList(fields.legalContext, { max: MAX_NAMES }),
    inscriptionContexts: distinctList(fields.inscriptionContext, { max: MAX_NAMES }),
    validity: fields.unchanged(fields.period),
    online: z.boolean(),
    subscription: z.boolean(),
    withoutOfficial: z.boolean(),
  })
  .transform(({ validity, ...granted }, context) =>
    granted.online || granted.subscription
      ? { ...granted, validity: { startDate: validity?.startDate, endDate: validity?.endDate } }
      : fields.refuseAt(context, ['online'], 'REQUIRED', 'needed: online, subscription or both'),
  );

export const draftSchema = fields.message(
  {
    reference: publicText(100),
    title: publicText(500),
    recipient: fields.enterpriseNumber,
    grants: fields.list(grant, { max: MAX_GRANTS }),
  },
  'the draft',
);
