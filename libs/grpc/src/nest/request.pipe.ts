import { Injectable, type PipeTransform, type Type } from '@nestjs/common';
import type { z } from 'zod';
import { parseRequest, type ValidationContext } from '../request/parse-request.js';
import { RequestValidation } from './request-validation.js';

type SchemaPerContext<Request, Input> = (context: ValidationContext) => z.ZodType<Input, Request>;

/**
 * A pipe that makes the handler's input of a request, by a schema of `fields` or by one of `perContext`. The pipe throws InvalidInput,
 * which names every field that is wrong.
 */
export const requestPipe = <Request, Input>(
  schema: z.ZodType<Input, Request> | SchemaPerContext<Request, Input>,
): Type<PipeTransform<Request, Input>> => {
  @Injectable()
  class RequestPipe implements PipeTransform<Request, Input> {
    constructor(private readonly validation: RequestValidation) {}

    transform(request: Request): Input {
      const fixed = typeof schema === 'function' ? schema(this.validation.context()) : schema;
      return parseRequest<z.ZodType<Input, Request>>(fixed, request);
    }
  }
  return RequestPipe;
};
