import { onS3 } from './s3.contract.js';
import { builtS3Program } from './versitygw.js';

onS3(builtS3Program());
