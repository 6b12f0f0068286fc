const KIB = 1024;
const MIB = 1024 * KIB;

/** The largest message of a request, in bytes, of rpcs that need less than `LIMIT_MESSAGE_BYTES`. */
export const MESSAGE_BYTES: Readonly<Partial<Record<string, number>>> = {
  '/crossroads.exchange.v1.ExchangeService/Consult': 64 * KIB,
  '/crossroads.exchange.v1.ExchangeService/ReportMutation': MIB,
  '/crossroads.ebox.v1.PublicationService/UploadDocument': MIB,
};
