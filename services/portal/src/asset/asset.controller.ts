import { Controller, Get, NotFoundException, type OnModuleInit, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { assetFile, assetUrl } from './assets.js';

/** Serves style, scripts and mark from memory: a name is looked up, never a path. */
@Controller('assets')
export class AssetController implements OnModuleInit {
  /** A stylesheet that does not compile stops the start, and no visitor waits for it. */
  onModuleInit(): void {
    assetUrl('portal.css');
  }

  @Get(':file')
  get(@Param('file') file: string, @Req() request: Request, @Res() response: Response): void {
    const asset = assetFile(file);
    if (!asset) throw new NotFoundException();
    // Browsers name gzip first, and read both.
    const coding = ['br', 'gzip'].find((one) => request.acceptsEncodings(one));
    response
      .type(asset.type)
      .setHeader('cache-control', 'public, max-age=31536000, immutable')
      .setHeader('vary', 'accept-encoding');
    if (coding) response.setHeader('content-encoding', coding);
    response.end(coding === 'br' ? asset.brotli : coding === 'gzip' ? asset.gzip : asset.plain);
  }
}
