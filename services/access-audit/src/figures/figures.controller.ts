import {
  FiguresServiceService,
  type ListMonthlyFiguresRequest,
  type ListMonthlyFiguresResponse,
  type Month,
} from '@crossroads/contracts/audit/v1/figures_service';
import { fields, GrpcController, PageTokens, parseRequest, Rpc } from '@crossroads/grpc';
import { PolicyFollower, RegisteredKeyGuard } from '@crossroads/policy';
import { RPCS } from '@crossroads/topology';
import { UseGuards } from '@nestjs/common';
import { MonthlyFiguresList } from '../access-log/monthly-figures.js';

/** The first day of a month; undefined when it is absent. */
const month = fields.field((raw: Month | undefined, refuse): string | undefined => {
  if (raw === undefined) return undefined;
  if (raw.year < 1 || raw.year > 9999 || raw.month < 1 || raw.month > 12)
    return refuse('INVALID_MONTH', 'a year of 1 to 9999, and a month of 1 to 12');
  return `${String(raw.year).padStart(4, '0')}-${String(raw.month).padStart(2, '0')}-01`;
});

const listMonthlyFigures = fields.message({
  from: month,
  to: month,
  customer: fields.optional(fields.enterpriseNumber),
  pageSize: fields.pageSize(),
});

/** Numbers by institution and month, for portals, which show them to whoever asks. */
@GrpcController(FiguresServiceService, RPCS['access-audit']['crossroads.audit.v1.FiguresService'])
@UseGuards(RegisteredKeyGuard)
export class FiguresController {
  constructor(
    private readonly figures: MonthlyFiguresList,
    private readonly policy: PolicyFollower,
    private readonly pageTokens: PageTokens,
  ) {}

  @Rpc(FiguresServiceService.listMonthlyFigures)
  async listMonthlyFigures(request: ListMonthlyFiguresRequest): Promise<ListMonthlyFiguresResponse> {
    const { from, to, customer, pageSize } = parseRequest(listMonthlyFigures, request);
    const filters = { figures: [from ?? '', to ?? '', customer ?? ''] };
    const after = this.pageTokens.decode(request.pageToken, filters, positionOf);
    const rows = await this.figures.list({ from, to, customer, after, limit: pageSize + 1 });
    const page = rows.slice(0, pageSize);
    const last = page.at(-1);
    const policy = this.policy.policy();
    return {
      figures: page.map(({ month: first, ...one }) => ({
        ...one,
        month: { year: Number(first.slice(0, 4)), month: Number(first.slice(5, 7)) },
        customerName: policy.institution(one.customer)?.name ?? '',
      })),
      nextPageToken: rows.length > pageSize && last ? this.pageTokens.encode([last.month, last.customer], filters) : '',
    };
  }
}

const positionOf = (position: unknown) => {
  if (!Array.isArray(position)) return undefined;
  const [first, customer] = position as unknown[];
  return typeof first === 'string' && typeof customer === 'string' ? { month: first, customer } : undefined;
};
