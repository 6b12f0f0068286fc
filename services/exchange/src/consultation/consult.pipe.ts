import { fields, perContext, requestPipe } from '@crossroads/grpc';
import { z } from 'zod';

const name = fields.text({ max: 128 });

const dataServiceRequest = fields.message({
  dataService: name,
  /** Empty: all that is granted. */
  fieldGroups: fields.list(name, { min: 0, max: 64 }),
});

export const consultRequest = perContext(({ mode, today }) =>
  fields
    .message({
      requestId: fields.requestId,
      /** Absent: the caller's own institution. */
      customer: fields.optional(fields.enterpriseNumber),
      ssin: fields.ssin({ mode, today }),
      legalContext: fields.legalContext,
      dataServices: fields.list(dataServiceRequest, { max: 16 }),
      asOfDate: fields.optional(fields.day),
      /** Verified by itself: each fault of it has a reason of its own. */
      requestToken: z.string(),
    })
    .transform(({ asOfDate: day = today, ...asked }, context) => {
      const repeated = repetitionIn(asked.dataServices);
      if (repeated !== undefined) return fields.refuseAt(context, repeated, 'DUPLICATE', 'name each one once');
      if (day > today)
        return fields.refuseAt(
          context,
          ['asOfDate'],
          'FUTURE_DATE',
          'today or a day in the past; leave it out for today',
        );
      return { ...asked, day };
    }),
);

/** A request whose fields are all well-formed. */
export type ConsultInput = z.output<ReturnType<typeof consultRequest>>;
export type DataServiceInput = ConsultInput['dataServices'][number];

export const ConsultPipe = requestPipe(consultRequest);

/** The path of the first data service, or field group of one, that is named a second time. */
const repetitionIn = (
  services: readonly { readonly dataService: string; readonly fieldGroups: readonly string[] }[],
): (string | number)[] | undefined => {
  const names = services.map(({ dataService }) => dataService);
  for (const [index, { dataService, fieldGroups }] of services.entries()) {
    if (names.indexOf(dataService) < index) return ['dataServices', index, 'dataService'];
    const second = fieldGroups.findIndex((group, at) => fieldGroups.indexOf(group) < at);
    if (second >= 0) return ['dataServices', index, 'fieldGroups', second];
  }
  return undefined;
};
