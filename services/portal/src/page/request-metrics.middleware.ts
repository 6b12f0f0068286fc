import { histogram, isMeasuring } from '@crossroads/telemetry';
import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

const duration = histogram('crossroads.http.request.duration.seconds');

/** Measures each answer by the pattern of its route. No address goes into a metric. */
@Injectable()
export class RequestMetricsMiddleware implements NestMiddleware {
  use(request: Request, response: Response, next: NextFunction): void {
    if (isMeasuring()) {
      const from = performance.now();
      response.once('close', () => {
        // Known only once the router has found it.
        const route: unknown = Reflect.get(Object(request.route), 'path');
        duration.record((performance.now() - from) / 1_000, {
          route: typeof route === 'string' ? route : 'unknown',
          method: request.method,
          status: String(response.statusCode),
        });
      });
    }
    next();
  }
}
