import { Module } from '@nestjs/common';
import { AssetController } from './asset.controller.js';

/** Style, scripts and mark. */
@Module({ controllers: [AssetController] })
export class AssetModule {}
